//! `tools/call` through nginx and through the hub, in every scenario that was chosen.

use crate::answers::SIZES;
use crate::choice::Choice;
use crate::fleet::Fleet;
use crate::hub::Hub;
use crate::rounds::{Compared, Rounds};
use crate::scenario::{CLIENTS, WAYS, Way, calls, size_name};
use crate::table::{self, Goal};
use crate::world::World;

/// Runs what was chosen.
pub(crate) async fn run(world: &World, choice: &Choice) {
    let mut is_begun = false;
    let mut alike = Vec::new();
    for way in WAYS {
        let chosen: Vec<_> = scenarios(way).into_iter().filter(|scenario| choice.has(&scenario.name)).collect();
        if chosen.is_empty() {
            continue;
        }
        if !std::mem::replace(&mut is_begun, true) {
            table::head();
        }
        let hub = Hub::of(way, world.fast).await;
        for scenario in chosen {
            let figures = scenario.measure(world, &hub, choice.rounds).await;
            table::compared(&scenario.name, &figures, &scenario.goals(&figures));
            if scenario.is_compared_with_other_ways() {
                alike.push(figures.hub.cpu.as_secs_f64());
            }
        }
    }
    spread(&alike);
}

/// Prints how far the ways lie apart that should cost the same.
fn spread(costs: &[f64]) {
    if costs.len() > 1 {
        let (least, most) = costs.iter().fold((f64::MAX, 0.0), |(least, most), cost| (cost.min(least), cost.max(most)));
        let name = "tools_call/32/100B: 1 to 100 servers, generations";
        table::figure(name, most / least, "times", Some(&Goal::AtMost(1.15)));
    }
}

struct Scenario {
    name: String,
    way: Way,
    clients: usize,
    tool: &'static str,
    length: usize,
}

fn scenarios(way: Way) -> Vec<Scenario> {
    let of = |clients: usize| {
        SIZES.map(|(tool, length)| {
            let name = format!("tools_call/{clients}/{}/{}", size_name(length), way.name());
            Scenario { name, way, clients, tool, length }
        })
    };
    CLIENTS.into_iter().flat_map(of).collect()
}

impl Scenario {
    async fn measure(&self, world: &World, hub: &Hub, rounds: Rounds) -> Compared {
        let at_nginx = self.way.at_nginx(world.nginx.proxy.address);
        let at_hub = self.way.at_hub(hub.proxy.address);
        let mut nginx = Fleet::open(&at_nginx, self.clients, &world.nginx.processes()).await;
        let mut of_hub = Fleet::open(&at_hub, self.clients, &[hub.proxy.id()]).await;
        nginx.prepare(&calls(&[self.tool.to_owned()], self.length));
        of_hub.prepare(&calls(&self.way.names(self.tool), self.length));
        let figures = rounds.compare(&mut nginx, &mut of_hub).await;
        nginx.close().await;
        of_hub.close().await;
        figures
    }

    fn is_small(&self) -> bool {
        self.length < 1024
    }

    fn is_compared_with_other_ways(&self) -> bool {
        self.clients == 32 && self.is_small() && matches!(self.way, Way::Plain | Way::Hundred | Way::Stateless)
    }

    fn goals(&self, figures: &Compared) -> Vec<(&'static str, f64, Goal)> {
        let is_small = self.is_small();
        let cpu = match (self.clients, self.way) {
            (32, Way::Ten | Way::TenLogins) if is_small => Some(1.6),
            (32, Way::Plain | Way::Login | Way::Hundred | Way::Stateless) if is_small => Some(1.5),
            (1, _) if is_small => Some(1.8),
            (_, _) => None,
        };
        let mut goals: Vec<_> = cpu.map(|limit| ("CPU", figures.cpu, Goal::AtMost(limit))).into_iter().collect();
        if is_small && self.clients == 32 {
            goals.push(("rate", figures.per_second, Goal::AtLeast(0.7)));
        }
        goals
    }
}
