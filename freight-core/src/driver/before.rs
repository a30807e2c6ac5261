//! What a connection that stands before another one leaves to it.

/// Inside of `impl Connection`: everything that neither sends a statement nor begins or ends a
/// transaction goes to the connection in a field.
///
/// ```
/// use freight_core::Result;
/// use freight_core::driver::{Connection, Executed, RowSink, Statement, TransactionOptions};
///
/// /// Counts what is sent.
/// struct Counter {
///     inner: Box<dyn Connection>,
///     sent: usize,
/// }
///
/// impl Connection for Counter {
///     freight_core::leave_the_rest_to!(inner);
///
///     fn execute(&mut self, statement: &Statement) -> Result<Executed> {
///         self.sent += 1;
///         self.inner.execute(statement)
///     }
///     fn query(&mut self, statement: &Statement, sink: &mut dyn RowSink) -> Result<()> {
///         self.sent += 1;
///         self.inner.query(statement, sink)
///     }
///     fn run(&mut self, sql: &str) -> Result<Executed> {
///         self.sent += 1;
///         self.inner.run(sql)
///     }
///     fn begin_with(&mut self, options: &TransactionOptions) -> Result<()> {
///         self.inner.begin_with(options)
///     }
///     fn commit(&mut self) -> Result<()> {
///         self.inner.commit()
///     }
///     fn rollback(&mut self) -> Result<()> {
///         self.inner.rollback()
///     }
/// }
/// ```
#[macro_export]
macro_rules! leave_the_rest_to {
    ($inner:ident) => {
        fn depth(&self) -> usize {
            self.$inner.depth()
        }

        fn in_transaction(&mut self) -> $crate::Result<bool> {
            self.$inner.in_transaction()
        }

        fn may_be_in_transaction(&self) -> bool {
            self.$inner.may_be_in_transaction()
        }

        fn wait_for_locks(&mut self, waits: bool) -> $crate::Result<()> {
            self.$inner.wait_for_locks(waits)
        }

        fn server(&self) -> &$crate::driver::Server {
            self.$inner.server()
        }

        fn is_lost(&self) -> bool {
            self.$inner.is_lost()
        }

        fn ping(&mut self) -> $crate::Result<()> {
            self.$inner.ping()
        }

        fn close(self: Box<Self>) -> $crate::Result<()> {
            self.$inner.close()
        }
    };
}
