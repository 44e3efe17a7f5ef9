import CVitqKernels

/// How long a thread that waits for others spins before it sleeps.
enum SpinTime {
  /// The microseconds of the environment variable `VITQ_SPIN_US`, 100 if it is not set.
  ///
  /// - Throws: ``RuntimeError``: the variable is no whole number up to 1000000.
  static func selected() throws(RuntimeError) -> UInt32 {
    let choice = vitq_spin_selected()
    guard choice.is_valid != 0 else {
      throw RuntimeError(
        .invalidSpinTime,
        "spinning time of VITQ_SPIN_US: not valid: expected 0 to 1000000 microseconds, "
          + "found \(EnvironmentVariable.quoted("VITQ_SPIN_US"))")
    }
    return choice.microseconds
  }
}
