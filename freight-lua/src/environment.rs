//! Changes a variable of the process while other threads may read the environment.
//!
//! `setenv` of C frees the array of variables, or moves it, while another thread walks it in
//! `getenv`; that is why `std::env::set_var` is unsafe. Here are such threads: the resolver of the
//! C library reads `RES_OPTIONS` for a connection that was given up already, and a host has its
//! own. And `os.getenv` of Lua, and programs that a script starts, must see what was set, so that
//! a list of our own would not do.
//!
//! So nothing that was ever published is freed or moved. A variable is `name=value` in memory that
//! stays; the array of them is one of ours, with room to grow, that stays as well; each change is
//! one aligned store of a pointer. Whoever walks an array meanwhile, ours or an older one, finds
//! valid texts up to a null pointer, and the value before the change or the one after it. What
//! that costs is the texts: the same one is made but once.
//!
//! Others who change the environment at the same time, through C, may lose their change or ours,
//! and nothing more: they take over the array that they find by copying it.

#![cfg_attr(
    unix,
    allow(
        unsafe_code,
        reason = "the array of the process is a pointer that C and everybody else reads"
    )
)]

use std::ffi::OsStr;

use crate::error::Failure;

/// Sets a variable, or takes it away. The name has no `=`, and neither text has a NUL.
#[cfg(unix)]
pub(crate) fn set(name: &OsStr, value: Option<&OsStr>) -> Result<(), Failure> {
    unix::set(name, value);
    Ok(())
}

/// Elsewhere the system itself keeps changes and reads apart.
#[cfg(not(unix))]
#[allow(unsafe_code, reason = "it is safe on Windows, as its manual says")]
pub(crate) fn set(name: &OsStr, value: Option<&OsStr>) -> Result<(), Failure> {
    match value {
        // SAFETY: this is not Unix.
        Some(value) => unsafe { std::env::set_var(name, value) },
        // SAFETY: as above.
        None => unsafe { std::env::remove_var(name) },
    }
    Ok(())
}

#[cfg(unix)]
mod unix {
    use std::collections::HashMap;
    use std::ffi::{CStr, OsStr, c_char};
    use std::os::unix::ffi::OsStrExt as _;
    use std::sync::atomic::{AtomicPtr, Ordering};
    use std::sync::{Mutex, PoisonError};

    /// A place of the array. It is a pointer for everybody else.
    type Place = AtomicPtr<c_char>;

    /// What this module has made, and what nobody else changes.
    struct Made {
        /// The array that was published last.
        places: &'static [Place],
        /// Texts that were made, by what they say.
        texts: Option<HashMap<Vec<u8>, usize>>,
    }

    static MADE: Mutex<Made> = Mutex::new(Made {
        places: &[],
        texts: None,
    });

    pub(super) fn set(name: &OsStr, value: Option<&OsStr>) {
        let mut made = MADE.lock().unwrap_or_else(PoisonError::into_inner);
        let mut entry = name.as_bytes().to_vec();
        entry.push(b'=');
        let prefix = entry.clone();
        match value {
            Some(value) => {
                entry.extend(value.as_bytes());
                let text = made.text(entry);
                made.put(&prefix, text);
            }
            None => made.take(&prefix),
        }
    }

    impl Made {
        /// The text in memory that stays.
        fn text(&mut self, mut entry: Vec<u8>) -> *mut c_char {
            let texts = self.texts.get_or_insert_default();
            let address = *texts.entry(entry.clone()).or_insert_with(|| {
                entry.push(0);
                Box::leak(entry.into_boxed_slice())
                    .as_mut_ptr()
                    .expose_provenance()
            });
            std::ptr::with_exposed_provenance_mut(address)
        }

        fn put(&mut self, prefix: &[u8], text: *mut c_char) {
            let places = self.current(1);
            let used = used(places);
            let found = (places.iter().take(used)).find(|place| has_name(place, prefix));
            // Behind the last variable stand null pointers, so that the array always has an end.
            let place = found.or_else(|| places.get(used));
            if let Some(place) = place {
                place.store(text, Ordering::Release);
            }
        }

        /// The last variable moves to the place of the one that goes: for a moment it is there
        /// twice, and never not at all for one who begins to look.
        fn take(&mut self, prefix: &[u8]) {
            let places = self.current(0);
            while let Some(place) = places.iter().find(|place| has_name(place, prefix)) {
                let last = used(places)
                    .checked_sub(1)
                    .and_then(|last| places.get(last));
                let Some(last) = last else { return };
                place.store(last.load(Ordering::Acquire), Ordering::Release);
                last.store(std::ptr::null_mut(), Ordering::Release);
            }
        }

        /// The array of the process as one of ours that has room for so many more variables.
        fn current(&mut self, more: usize) -> &'static [Place] {
            let published = environ().load(Ordering::Acquire);
            let is_ours = std::ptr::eq(published.cast_const().cast(), self.places.as_ptr());
            if is_ours && used(self.places) + more < self.places.len() {
                return self.places;
            }
            let variables = walk(published);
            let room = (variables.len() + more + 1) * 2;
            let places: Vec<Place> = variables
                .into_iter()
                .chain(std::iter::repeat(std::ptr::null_mut()))
                .take(room)
                .map(AtomicPtr::new)
                .collect();
            self.places = Box::leak(places.into_boxed_slice());
            let start = self.places.as_ptr().cast_mut().cast();
            environ().store(start, Ordering::Release);
            self.places
        }
    }

    fn used(places: &[Place]) -> usize {
        let is_end = |place: &Place| place.load(Ordering::Acquire).is_null();
        places.iter().position(is_end).unwrap_or(places.len())
    }

    fn has_name(place: &Place, prefix: &[u8]) -> bool {
        let text = place.load(Ordering::Acquire);
        // SAFETY: every text of an environment ends in a NUL, and those of ours stay.
        !text.is_null()
            && unsafe { CStr::from_ptr(text) }
                .to_bytes()
                .starts_with(prefix)
    }

    /// The variables of an array.
    fn walk(array: *mut *mut c_char) -> Vec<*mut c_char> {
        let mut variables = Vec::new();
        if array.is_null() {
            return variables;
        }
        loop {
            // SAFETY: an array of the environment ends in a null pointer.
            let variable = unsafe { *array.add(variables.len()) };
            if variable.is_null() {
                return variables;
            }
            variables.push(variable);
        }
    }

    /// The pointer to the array, as the C library has it.
    fn environ() -> &'static AtomicPtr<*mut c_char> {
        #[cfg(not(target_vendor = "apple"))]
        unsafe extern "C" {
            #[link_name = "environ"]
            static ENVIRON: AtomicPtr<*mut c_char>;
        }
        #[cfg(not(target_vendor = "apple"))]
        // SAFETY: POSIX has it in every process, and a pointer is as an atomic one is.
        // <https://pubs.opengroup.org/onlinepubs/9699919799/basedefs/V1_chap08.html>
        unsafe {
            &ENVIRON
        }
        #[cfg(target_vendor = "apple")]
        unsafe extern "C" {
            fn _NSGetEnviron() -> *mut *mut *mut c_char;
        }
        #[cfg(target_vendor = "apple")]
        // SAFETY: a library has no name for the array there, and asks for its place.
        unsafe {
            AtomicPtr::from_ptr(_NSGetEnviron())
        }
    }
}

#[cfg(all(test, unix))]
mod tests {
    use std::ffi::OsStr;
    use std::sync::atomic::{AtomicBool, Ordering};

    use super::*;

    #[test]
    fn readers_meet_whole_values_while_variables_come_and_go() {
        let is_done = AtomicBool::new(false);
        let stays = OsStr::new("FREIGHT_VARIABLE_STAYS");
        set(stays, Some(OsStr::new("here"))).unwrap();
        std::thread::scope(|scope| {
            let read = || {
                let mut reads = 0;
                while reads == 0 || !is_done.load(Ordering::Relaxed) {
                    let changing = std::env::var("FREIGHT_VARIABLE_CHANGES").unwrap_or_default();
                    assert!(["", "short", "much longer"].contains(&&*changing));
                    assert!(std::env::vars_os().all(|(name, _)| !name.is_empty()));
                    reads += 1;
                }
            };
            let readers = [scope.spawn(read), scope.spawn(read)];
            let changing = OsStr::new("FREIGHT_VARIABLE_CHANGES");
            for round in 0..2000 {
                let more = format!("FREIGHT_VARIABLE_{round}");
                set(OsStr::new(&more), Some(OsStr::new("x"))).unwrap();
                set(changing, Some(OsStr::new("short"))).unwrap();
                set(changing, Some(OsStr::new("much longer"))).unwrap();
                set(changing, None).unwrap();
            }
            for round in 0..2000 {
                set(OsStr::new(&format!("FREIGHT_VARIABLE_{round}")), None).unwrap();
            }
            is_done.store(true, Ordering::Relaxed);
            for reader in readers {
                reader.join().unwrap();
            }
        });
        assert_eq!(std::env::var_os(stays).as_deref(), Some(OsStr::new("here")));
        let is_left = |name: &OsStr| {
            name.as_encoded_bytes().starts_with(b"FREIGHT_VARIABLE_") && name != stays
        };
        let left: Vec<_> = std::env::vars_os()
            .filter(|(name, _)| is_left(name))
            .collect();
        assert!(left.is_empty(), "{left:?}");
    }
}
