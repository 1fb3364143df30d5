//! The result of an examination: findings in order, and a conclusion.

use std::fmt;

use serde::Serialize;

/// How a step ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// It is as it should be.
    Good,
    /// It works, but not as the RFC says, or not as well as it could.
    Note,
    /// It does not work, and the hub would not log in.
    Bad,
}

/// One step of an examination.
#[derive(Debug, Clone, Serialize)]
pub struct Finding {
    /// What was looked at.
    pub step: &'static str,
    /// Whether it is as it should be.
    pub verdict: Verdict,
    /// What was found, in words for people.
    pub found: String,
    /// The RFC and section that it is judged by.
    pub rule: &'static str,
    /// What a person can do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remedy: Option<String>,
}

/// What an examination found.
#[derive(Debug, Clone, Serialize)]
pub struct Diagnosis {
    /// The server's URL, without user information and query.
    pub url: String,
    /// What was found, in the order of a login.
    pub findings: Vec<Finding>,
    /// The plugin that would serve the server.
    pub provider: Option<String>,
    /// The issuer of the authorization server, if one was found.
    pub issuer: Option<String>,
    /// What the hub would do.
    pub conclusion: String,
}

impl Diagnosis {
    /// Whether a login would work, as far as the examination can tell.
    #[must_use]
    pub fn is_good(&self) -> bool {
        self.findings.iter().all(|finding| finding.verdict != Verdict::Bad)
    }

    /// Adds a finding. The caller adds the remedy.
    pub(in crate::connect) fn find(
        &mut self,
        step: &'static str,
        verdict: Verdict,
        rule: &'static str,
        found: impl Into<String>,
    ) -> &mut Finding {
        self.findings.push(Finding { step, verdict, found: found.into(), rule, remedy: None });
        let last = self.findings.len().saturating_sub(1);
        #[expect(clippy::indexing_slicing, reason = "it was pushed just now")]
        &mut self.findings[last]
    }
}

impl fmt::Display for Diagnosis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.url)?;
        for finding in &self.findings {
            let mark = match finding.verdict {
                Verdict::Good => "ok  ",
                Verdict::Note => "note",
                Verdict::Bad => "BAD ",
            };
            writeln!(f, "  {mark} {}: {} ({})", finding.step, finding.found, finding.rule)?;
            if let Some(remedy) = &finding.remedy {
                writeln!(f, "       {remedy}")?;
            }
        }
        write!(f, "{}", self.conclusion)
    }
}
