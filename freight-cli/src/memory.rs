//! Where memory comes from. Scripts make and drop small tables and texts all the time, for which
//! the C library takes twice as long; what is large grows better there, by moving pages and not
//! what they hold.

use std::alloc::{GlobalAlloc, Layout, System, handle_alloc_error};
use std::ffi::{c_long, c_void};
use std::ptr::null_mut;
use std::sync::atomic::{AtomicBool, Ordering};

use libmimalloc_sys::{mi_free, mi_malloc, mi_option_set, mi_option_t, mi_realloc};
use mimalloc::MiMalloc;

/// What is larger comes from the system.
const SMALL: usize = 1024;

/// What is as large comes from the system by itself, at first.
const LARGE: usize = 1 << 17;

/// Half of what the C library keeps for the next list once one was given back.
const KEPT: usize = 1 << 22;

/// `mi_option_purge_delay`, which the crate has no name for.
const PURGE_DELAY: mi_option_t = 15;

/// So many milliseconds pass before what is free goes back to the system. In a script that reads one
/// list after the other the usual hundredth of a second is over before the next one.
const DELAY: c_long = 1000;

/// What each piece that is as large begins at a multiple of, without being asked for it.
const USUAL: usize = 16;

/// Says how memory is kept, and where Lua gets it.
#[allow(unsafe_code, reason = "the allocator is C")]
pub(crate) fn prepare() {
    // SAFETY: the option is there in this version, and may be set at any time; what Lua gets is from
    // the same two as the pieces below.
    unsafe {
        mi_option_set(PURGE_DELAY, DELAY);
        freight_lua::allocate_with(for_lua);
    }
}

/// What Lua calls for each of its tables and texts: some instructions less, each time, than a layout
/// would be. Where nothing is left the program ends, as it does for memory of Rust: an error of Lua would
/// jump over what Rust has at hand.
#[allow(unsafe_code, reason = "the signature that Lua asks for")]
unsafe extern "C" fn for_lua(
    _: *mut c_void,
    piece: *mut c_void,
    before: usize,
    size: usize,
) -> *mut c_void {
    // SAFETY: Lua tells the size that a piece has; without a piece that is something else.
    let given = unsafe {
        match (piece.is_null(), size) {
            (true, 0) => null_mut(),
            (true, ..=SMALL) => mi_malloc(size),
            (false, 0) if before <= SMALL => {
                mi_free(piece);
                null_mut()
            }
            (false, 1..=SMALL) if before <= SMALL => mi_realloc(piece, size),
            _ => large_for_lua(piece.cast(), before, size).cast(),
        }
    };
    if given.is_null() && size > 0 {
        handle_alloc_error(Layout::from_size_align(size, USUAL).unwrap_or(Layout::new::<u8>()));
    }
    given
}

/// The same where one of the sizes is a large one.
///
/// # Safety
/// As for [`for_lua`].
#[allow(unsafe_code, reason = "as above")]
#[cold]
unsafe fn large_for_lua(piece: *mut u8, before: usize, size: usize) -> *mut u8 {
    let layout = |size| Layout::from_size_align(size, USUAL).ok();
    let Some(wanted) = layout(size) else {
        return null_mut();
    };
    // SAFETY: as promised.
    unsafe {
        match layout(before) {
            _ if piece.is_null() => Memory.alloc(wanted),
            Some(before) if size > 0 => Memory.realloc(piece, before, size),
            Some(given_back) => {
                Memory.dealloc(piece, given_back);
                if before >= LARGE {
                    keep_what_is_free();
                }
                null_mut()
            }
            None => null_mut(),
        }
    }
}

/// A script that gave back a list of some thousand rows will ask for one again, and a fresh page costs
/// more than what is written into it. The C library keeps twice as much as the largest piece that came
/// from the system by itself and was given back: so one of [`KEPT`] bytes is, once. Not from the start,
/// because a list that grows needs less where it is by itself.
/// <https://man7.org/linux/man-pages/man3/mallopt.3.html>, `M_MMAP_THRESHOLD`.
#[allow(unsafe_code, reason = "the allocator is C")]
fn keep_what_is_free() {
    static IS_DONE: AtomicBool = AtomicBool::new(false);
    if IS_DONE.swap(true, Ordering::Relaxed) {
        return;
    }
    let layout = Layout::new::<[u8; KEPT]>();
    // SAFETY: the layout has a size, and nothing is read or written.
    unsafe {
        let piece = std::hint::black_box(System.alloc(layout));
        if !piece.is_null() {
            System.dealloc(piece, layout);
        }
    }
}

pub(crate) struct Memory;

// SAFETY, for all of it: the size of a piece says which of the two it is from, and both keep to the
// promises of the trait.
#[allow(unsafe_code, reason = "the trait is unsafe")]
unsafe impl GlobalAlloc for Memory {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        match layout.size() {
            size @ ..=SMALL if layout.align() <= size.min(USUAL) => unsafe {
                mi_malloc(size).cast()
            },
            ..=SMALL => unsafe { MiMalloc.alloc(layout) },
            _ => unsafe { System.alloc(layout) },
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
