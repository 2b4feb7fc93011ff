//! Counts what is allocated, so that a run that holds more than its budget ends at once, with the place.

use std::{
    alloc::{GlobalAlloc, Layout, System},
    backtrace::Backtrace,
    sync::atomic::{AtomicUsize, Ordering::Relaxed},
};

/// Bytes that are allocated now, by all threads.
static HELD: AtomicUsize = AtomicUsize::new(0);
/// More than this ends the process.
static LIMIT: AtomicUsize = AtomicUsize::new(usize::MAX);

struct Counting;

#[global_allocator]
static COUNTING: Counting = Counting;

/// From now on no more than `more` bytes above what is held now.
pub(crate) fn allow(more: usize) {
    LIMIT.store(HELD.load(Relaxed).saturating_add(more), Relaxed);
}

/// No limit any more.
pub(crate) fn free() {
    LIMIT.store(usize::MAX, Relaxed);
}

fn take(bytes: usize) {
    let held = HELD.fetch_add(bytes, Relaxed).wrapping_add(bytes);
    let limit = LIMIT.load(Relaxed);
    if held > limit {
        free();
        let place = Backtrace::force_capture();
        eprintln!("memory: {bytes} bytes more make {held}, over {limit}\n{place}");
        std::process::abort();
    }
}

// Safety: everything is handed to the system's allocator as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        take(layout.size());
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        take(layout.size());
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        HELD.fetch_sub(layout.size(), Relaxed);
        unsafe { System.dealloc(at, layout) }
    }

    unsafe fn realloc(&self, at: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        take(size);
        HELD.fetch_sub(layout.size(), Relaxed);
        unsafe { System.realloc(at, layout, size) }
    }
}
