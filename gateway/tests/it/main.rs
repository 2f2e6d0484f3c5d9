//! The API through its real router, each test on a database of its own.

mod openapi;
