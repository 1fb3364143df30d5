//! What is measured of a gateway: its clients' requests, and what is open now.

use super::Gateway;
use crate::telemetry::{Exposition, MetricKind};

impl Gateway {
    /// Writes what is measured.
    pub(crate) fn measure(&self, text: &mut Exposition) {
        let core = &self.0;
        core.context.traffic.write(text);
        let all = core.all_sessions();
        let gauge = MetricKind::Gauge;
        text.family(
            "mcphub_sessions",
            gauge,
            "Sessions of clients that are open; hidden ones stand behind clients without sessions.",
        );
        text.sample("mcphub_sessions", &[("kind", "client")], core.sessions.all().len());
        text.sample("mcphub_sessions", &[("kind", "hidden")], core.modern.sessions().len());
        let streams: u64 = all.iter().map(|session| session.open_streams()).sum();
        text.alone("mcphub_open_streams", gauge, "Streams on which clients listen.", streams);
        let in_flight: usize = all.iter().map(|session| session.requests_in_flight()).sum();
        text.alone("mcphub_requests_in_flight", gauge, "Requests of clients that are not answered yet.", in_flight);
        let behind: usize = all.iter().chain([&core.own_session]).map(|session| session.open_upstream_sessions()).sum();
        text.alone("mcphub_server_sessions", gauge, "Sessions with servers that are open.", behind);
        let processes = self.running_commands();
        text.alone("mcphub_server_processes", gauge, "Commands of servers that run.", processes);
    }
}
