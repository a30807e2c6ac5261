//! Where memory comes from. Scripts make and drop small tables and texts all the time, for which
//! the C library takes twice as long; what is large grows better there, by moving pages and not
//! what they hold.

use std::alloc::{GlobalAlloc, Layout, System};
use std::ffi::c_long;

use libmimalloc_sys::{mi_option_set, mi_option_t};
use mimalloc::MiMalloc;

/// What is larger comes from the system.
const SMALL: usize = 1024;

/// `mi_option_purge_delay`, which the crate has no name for.
const PURGE_DELAY: mi_option_t = 15;

/// So many milliseconds pass before what is free goes back to the system. In a script that reads one
/// list after the other the usual hundredth of a second is over before the next one.
const DELAY: c_long = 1000;

/// Says how memory is kept.
#[allow(unsafe_code, reason = "the allocator is C")]
pub(crate) fn prepare() {
    // SAFETY: the option is there in this version, and may be set at any time.
    unsafe { mi_option_set(PURGE_DELAY, DELAY) }
}

pub(crate) struct Memory;

// SAFETY, for all of it: the size of a piece says which of the two it is from, and both keep to the
// promises of the trait.
#[allow(unsafe_code, reason = "the trait is unsafe")]
unsafe impl GlobalAlloc for Memory {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        match layout.size() <= SMALL {
            true => unsafe { MiMalloc.alloc(layout) },
            false => unsafe { System.alloc(layout) },
        }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        match layout.size() <= SMALL {
            true => unsafe { MiMalloc.alloc_zeroed(layout) },
            false => unsafe { System.alloc_zeroed(layout) },
        }
    }

    unsafe fn dealloc(&self, piece: *mut u8, layout: Layout) {
        match layout.size() <= SMALL {
            true => unsafe { MiMalloc.dealloc(piece, layout) },
            false => unsafe { System.dealloc(piece, layout) },
        }
    }

    unsafe fn realloc(&self, piece: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        match (layout.size() <= SMALL, size <= SMALL) {
            (true, true) => unsafe { MiMalloc.realloc(piece, layout, size) },
            (false, false) => unsafe { System.realloc(piece, layout, size) },
            _ => unsafe { self.moved(piece, layout, size) },
        }
    }
}

#[allow(unsafe_code, reason = "as above")]
impl Memory {
    /// Moves a piece from one of the two to the other.
    ///
    /// # Safety
    /// As for `GlobalAlloc::realloc`.
    unsafe fn moved(&self, piece: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        unsafe {
            let Ok(wanted) = Layout::from_size_align(size, layout.align()) else {
                return std::ptr::null_mut();
            };
            let other = self.alloc(wanted);
            if !other.is_null() {
                std::ptr::copy_nonoverlapping(piece, other, layout.size().min(size));
                self.dealloc(piece, layout);
            }
            other
        }
    }
}
