//! Tests of the tree of relations.
