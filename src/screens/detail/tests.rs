//! Tests of the detail.
