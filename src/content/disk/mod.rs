//! Readers of disk images and file systems.
