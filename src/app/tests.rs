//! `update` rows: messages in, effects and screens out.
