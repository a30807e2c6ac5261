//! A circuit breaker: a server that did not answer is left alone for a while, so that readers do
//! not wait for each time-out.

use std::time::Duration;

/// So many failures in a row.
const ENOUGH: u32 = 3;
const SHORTEST: Duration = Duration::from_millis(500);
const LONGEST: Duration = Duration::from_secs(8);

/// Counts failures in a row.
#[derive(Debug, Default)]
pub(super) struct Breaker {
    failures: u32,
    closed_until: Duration,
}

impl Breaker {
    /// True when the server may be asked.
    pub(super) fn lets(&self, now: Duration) -> bool {
        self.failures < ENOUGH || now >= self.closed_until
    }

    /// The server answered.
    pub(super) fn succeed(&mut self) {
        self.failures = 0;
    }

    /// It did not. The pause is longer each time.
    pub(super) fn fail(&mut self, now: Duration) {
        self.failures = self.failures.saturating_add(1);
        let doublings = self.failures.saturating_sub(ENOUGH).min(8);
        let pause = SHORTEST.saturating_mul(1 << doublings).min(LONGEST);
        self.closed_until = now.saturating_add(pause);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::Breaker;

    #[test]
    fn pauses_come_after_some_failures_and_grow() {
        let at = Duration::from_millis;
        let mut breaker = Breaker::default();
        breaker.fail(at(0));
        breaker.fail(at(0));
        assert!(breaker.lets(at(0)));
        breaker.fail(at(0));
        assert!(!breaker.lets(at(499)));
        assert!(breaker.lets(at(500)));
        breaker.fail(at(500));
        assert!(!breaker.lets(at(1499)));
        assert!(breaker.lets(at(1500)));
        for _ in 0..100 {
            breaker.fail(at(1500));
        }
        assert!(breaker.lets(at(1500 + 8000)));
        breaker.succeed();
        breaker.fail(at(9500));
        assert!(breaker.lets(at(9500)));
    }
}
