//! `gacthu audit forwards` from outside, over made trees: each way by which mail is sent on must be
//! listed, and what stays with the state must not.

mod homes;
mod hostile;
mod output;
mod paths;
mod postfix;
mod real;
mod tree;
mod zimbra;
