import CVitqKernels

/// A set of processor instructions that kernels are written for.
public struct InstructionSet: Hashable, Sendable, CustomStringConvertible {
  let isa: vitq_isa

  /// The portable reference; every machine has it.
  public static let scalar = InstructionSet(isa: VITQ_ISA_SCALAR)

  /// Those with kernels of their own that this machine can run, fastest first.
  public static var available: [InstructionSet] {
    var sets: [InstructionSet] = []
    for value in 0..<UInt32(VITQ_ISA_COUNT) {
      let isa = vitq_isa(rawValue: value)
      guard vitq_isa_supported(isa) != 0 else { continue }
      let set = InstructionSet(isa: unsafe kernels(for: isa).pointee.isa)
      if !sets.contains(set) { sets.insert(set, at: 0) }
    }
    return sets
  }

  /// The fastest of ``available``, or the one that the environment variable `VITQ_ISA` names.
  ///
  /// - Throws: ``RuntimeError``: the variable names one that does not exist or that this machine
  ///   lacks.
  public static func selected() throws(RuntimeError) -> InstructionSet {
    let choice = vitq_isa_selected()
    guard choice.status == VITQ_ISA_CHOSEN else {
      let found = EnvironmentVariable.quoted("VITQ_ISA")
      let reason = choice.status == VITQ_ISA_UNKNOWN ? "" : ", which this machine lacks"
      throw RuntimeError(
        .unsupportedInstructionSet,
        "instruction set of VITQ_ISA: not available: expected "
          + available.map(\.name).joined(separator: " or ") + ", found \(found)\(reason)")
    }
    return InstructionSet(isa: unsafe kernels(for: choice.isa).pointee.isa)
  }

  /// The name, as in `VITQ_ISA`.
  public var name: String { unsafe String(cString: vitq_isa_name(isa)) }

  /// The name.
  public var description: String { name }

  static func kernels(for isa: vitq_isa) -> UnsafePointer<vitq_integer_kernels> {
    guard let kernels = unsafe vitq_integer_kernels_for(isa) else {
      preconditionFailure("no kernels for instruction set \(isa.rawValue)")
    }
    return unsafe kernels
  }
}

extension InstructionSet {
  /// Whether two instances name the same set.
  public static func == (a: InstructionSet, b: InstructionSet) -> Bool { a.isa == b.isa }

  /// Hashes the set.
  public func hash(into hasher: inout Hasher) { hasher.combine(isa.rawValue) }
}
