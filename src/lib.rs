//! pgwright.
