//! Pure work on many things, on all cores.
//!
//! For work that is the same for each thing and needs nothing of the others: reading a thousand
//! files, or splitting a thousand scripts. Few things are done on the caller's own thread, since
//! a thread costs more than they do.

use std::thread;

use crate::error::Result;

/// Things per thread below which no thread is worth its start.
const WORTH_A_THREAD: usize = 64;

/// `work` of each thing, in their order. When several fail, the error is that of the first.
///
/// # Errors
/// What `work` answers.
pub(crate) fn map<T: Sync, R: Send>(
    things: &[T],
    work: impl Fn(&T) -> Result<R> + Sync,
) -> Result<Vec<R>> {
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let threads = (things.len() / WORTH_A_THREAD).clamp(1, cores);
    let share = things.len().div_ceil(threads).max(1);
    let (own, others) = things.split_at(share.min(things.len()));
    let collect = |share: &[T]| share.iter().map(&work).collect::<Result<Vec<R>>>();
    thread::scope(|scope| {
        let others: Vec<_> = others
            .chunks(share)
            .map(|share| scope.spawn(move || collect(share)))
            .collect();
        let mut results = collect(own)?;
        for other in others {
            let part = other
                .join()
                .unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            results.append(&mut part?);
        }
        Ok(results)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Error;

    #[test]
    fn results_keep_their_order() {
        for length in [0, 1, 63, 64, 65, 128, 1001] {
            let numbers: Vec<usize> = (0..length).collect();
            let doubled = map(&numbers, |number| Ok(number * 2)).unwrap();
            let expected: Vec<_> = numbers.iter().map(|number| number * 2).collect();
            assert_eq!(doubled, expected);
        }
    }

    #[test]
    fn the_first_error_counts() {
        let numbers: Vec<usize> = (0..1000).collect();
        let fail = |number: &usize| match *number {
            130 | 131 | 990 => Err(Error::bad_argument(format!("{number}"))),
            other => Ok(other),
        };
        assert_eq!(map(&numbers, fail).unwrap_err().message(), "130");
    }
}
