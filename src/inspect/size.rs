//! How many files a message has, how large they are, and which of them count.
//!
//! Counted are the attachments that a reader of the message sees: those at the top. What stands inside
//! an attached message is part of that message's size. Pictures that the text shows are counted apart,
//! so that a signature with a logo is no attachment, and both can be asked. Sizes are decoded bytes:
//! the regulations limit files, not their encoding.

use crate::facts::{FileFacts, FileRole, Files, Place};

/// The files with their sums.
pub fn sum(list: Vec<FileFacts>) -> Files {
    let mut files = Files::default();
    for file in list.iter().filter(|file| file.at == Place::Top) {
        match file.role {
            FileRole::Attachment => {
                files.count += 1;
                files.total_size = files.total_size.saturating_add(file.size);
                files.largest_size = files.largest_size.max(file.size);
            }
            FileRole::Inline => {
                files.inline_count += 1;
                files.inline_total_size = files.inline_total_size.saturating_add(file.size);
            }
            FileRole::Text => {}
        }
    }
    files.list = list;
    files
}
