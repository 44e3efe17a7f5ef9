import CVitqKernels

/// The vectorised FP32 kernels of one instruction set.
///
/// The only Swift code that calls them; it checks counts, so what it passes on is in bounds.
/// Every instruction set gives the same bits. Results overwrite, or are added to, every element
/// of the view they go to.
@safe
package struct VectorKernels: Sendable {
  let table: vitq_f32_kernels

  /// The name of the instruction set, as in `VITQ_ISA`.
  package var instructionSet: String { unsafe String(cString: vitq_isa_name(table.isa)) }

  /// The kernels this CPU can run, the portable reference first.
  package static let available: [VectorKernels] = {
    var count = 0
    let tables = unsafe UnsafeBufferPointer(start: vitq_f32_tables(&count), count: count)
    var result: [VectorKernels] = []
    for index in 0..<count {
      guard let table = unsafe tables[index], vitq_isa_supported(unsafe table.pointee.isa) != 0
      else {
        continue
      }
      result.append(unsafe VectorKernels(table: table.pointee))
    }
    return result
  }()

  /// The kernels of this process: those of `VITQ_ISA` if it names a supported instruction set,
  /// else the best.
  package static let current = VectorKernels(for: vitq_isa_selected().isa)

  private init(for isa: vitq_isa) {
    self.init(table: unsafe vitq_f32_table(isa).pointee)
  }

  private init(table: vitq_f32_kernels) { self.table = table }

  /// Checks the instruction set that the environment asks for.
  ///
  /// - Parameter name: The value of `VITQ_ISA`; the best instruction set if it is empty.
  /// - Throws: ``InstructionSetError`` if `name` is unknown or this CPU lacks it.
  package static func check(requested name: String) throws(InstructionSetError) {
    let choice = unsafe vitq_isa_choose(name)
    let supported = (0..<UInt32(VITQ_ISA_COUNT)).map { vitq_isa(rawValue: $0) }
      .filter { vitq_isa_supported($0) != 0 }
      .map { unsafe String(cString: vitq_isa_name($0)) }
    switch choice.status {
    case VITQ_ISA_UNKNOWN: throw .unknown(name, supported: supported)
    case VITQ_ISA_UNSUPPORTED: throw .unsupported(name, supported: supported)
    default: return
    }
  }
}

/// An instruction set that was asked for and cannot be used.
package enum InstructionSetError: Error, Equatable {
  case unknown(String, supported: [String])
  case unsupported(String, supported: [String])
}

extension InstructionSetError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .unknown(let name, let supported):
      "VITQ_ISA: no such instruction set: expected one of \(supported.joined(separator: ", ")), "
        + "found '\(name)'"
    case .unsupported(let name, let supported):
      "VITQ_ISA: this CPU lacks the instruction set: expected one of "
        + "\(supported.joined(separator: ", ")), found '\(name)'"
    }
  }
}

extension Bool {
  /// The `accumulate` argument of a kernel.
  var flag: Int32 { self ? 1 : 0 }
}
