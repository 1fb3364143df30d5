//! Three months without a person: a token an hour, and everything that goes wrong in passing.

use mcphub_tests::authority::Fault;
use mcphub_tests::core::authorization;
use mcphub_tests::{Authority, Core, Shape};

const HOURS: u64 = 90 * 24;

/// A small generator (xorshift64), so that a failing run can be run again.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % sides
    }
}

/// What goes wrong in an hour: most often nothing.
fn faults(dice: &mut Dice) -> Vec<Fault> {
    let kinds = [Fault::Unavailable, Fault::Page, Fault::Truncated, Fault::Dropped];
    let many = if dice.roll(4) == 0 { 1 + dice.roll(3) } else { 0 };
    (0..many).filter_map(|_| kinds.get(usize::try_from(dice.roll(4)).ok()?).copied()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_quarter_of_a_year_of_passing_faults_needs_one_login() {
    let authority = Authority::start(Shape::PLAIN).await;
    let mut core = Core::start(&authority.server()).await;
    let mut dice = Dice(0x5eed_0001);
    core.sign_in().await;
    let mut failed = 0;

    for hour in 0..HOURS {
        core.advance(3600);
        authority.forget_access_tokens();
        match dice.roll(50) {
            0 => core.advance(600),
            1 => core.set_back(600),
            2 => core = core.restart().await,
            _ => {}
        }
        authority.fail(&faults(&mut dice));
        // The first calls of an hour may meet the faults; the hour must end with an open door.
        let mut opened = false;
        for _ in 0..6 {
            let called = core.call(|header| authority.opens(header)).await;
            opened = called.is_ok_and(|used| authority.opens(authorization(&used)));
            if opened {
                break;
            }
            failed += 1;
            core.advance(60);
        }
        assert!(opened, "hour {hour}: no call goes through");
    }

    assert_eq!(authority.count("GET /authorize"), 1);
    assert_eq!(authority.reused(), 0);
    assert!(failed > 100, "the faults were not met: {failed}");
}

#[tokio::test(flavor = "multi_thread")]
async fn after_days_asleep_the_first_call_goes_through() {
    let authority = Authority::start(Shape::PLAIN).await;
    let core = Core::start(&authority.server()).await;
    core.sign_in().await;
    authority.forget_access_tokens();
    core.advance(9 * 24 * 3600);

    let used = core.call(|header| authority.opens(header)).await.expect("a credential");

    assert!(authority.opens(authorization(&used)));
    assert_eq!(authority.count("GET /authorize"), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_early_refresh_that_fails_keeps_the_token_that_is_still_good() {
    let authority = Authority::start(Shape::PLAIN).await;
    let core = Core::start(&authority.server()).await;
    core.sign_in().await;
    core.advance(3600 - 40);
    authority.fail(&[Fault::Unavailable]);

    let first = core.call(|header| authority.opens(header)).await.expect("the token is still good");
    let asked = authority.count("POST /token");
    let second = core.call(|header| authority.opens(header)).await.expect("it still is");
    core.advance(2);
    core.call(|header| authority.opens(header)).await.expect("refreshed");

    assert_eq!(authorization(&first), authorization(&second));
    assert_eq!((asked, authority.count("POST /token")), (2, 3));
}
