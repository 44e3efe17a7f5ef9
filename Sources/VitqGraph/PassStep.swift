/// A pass in an ordered list of them.
package struct PassStep<Pass: Sendable>: Sendable {
  package let pass: Pass
  /// Why the pass runs, and why here.
  package let reason: String

  package init(_ pass: Pass, reason: String) {
    self.pass = pass
    self.reason = reason
  }
}

/// What a step did.
package struct PassFiring: Equatable, Sendable {
  /// The name of the pass.
  package let pass: String
  package let reason: String
  /// The number of places that it rewrote.
  package let count: Int

  package init<Pass>(_ pass: String, of step: PassStep<Pass>, count: Int) {
    self.pass = pass
    reason = step.reason
    self.count = count
  }
}
