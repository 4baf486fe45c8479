//! The features of an editor, one file each, without protocol types.
