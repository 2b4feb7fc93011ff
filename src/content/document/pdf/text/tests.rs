//! Tests of the text of PDF.
