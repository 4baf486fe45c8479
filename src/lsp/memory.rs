//! What is asked of glibc's allocator, which PostgreSQL's parser takes its memory from, so that a large file does not
//! take many times its size. All else has an allocator of its own (src/main.rs).
//!
//! Trees of statements are made and dropped in great numbers, on whichever thread is free. An arena for each thread
//! then keeps room for as many trees as ever were at once, most of it empty.

/// One arena for all threads, to be called before there are any. Few threads are busy at once, and small pieces come
/// from a thread's own cache, so they hardly wait for each other.
pub fn share_one_arena() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    // SAFETY: it only sets a parameter of the allocator.
    unsafe {
        mallopt(M_ARENA_MAX, 1);
    }
}

/// Gives what is free back to the system; some milliseconds after a large file was read.
pub fn give_back() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    // SAFETY: it changes nothing that is in use.
    unsafe {
        malloc_trim(0);
    }
}

#[cfg(all(target_os = "linux", target_env = "gnu"))]
const M_ARENA_MAX: std::ffi::c_int = -8;

#[cfg(all(target_os = "linux", target_env = "gnu"))]
unsafe extern "C" {
    fn mallopt(parameter: std::ffi::c_int, value: std::ffi::c_int) -> std::ffi::c_int;
    fn malloc_trim(padding: usize) -> std::ffi::c_int;
}
