//! One small made-up server (in work).
