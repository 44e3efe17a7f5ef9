import Foundation
import VitqTensor

/// What the numeric side of the tool found out about the processor.
package enum LinearAlgebraReport {
  /// The processor type whose kernels OpenBLAS runs, and its build.
  package static var core: String { "\(BLAS.coreName); \(BLAS.configuration)" }

  /// A type that suits this processor better, if the library does not know it.
  package static var betterCore: String? { BLAS.betterCoreName }

  /// Why the instruction set that `VITQ_ISA` names cannot be used; `nil` if it can.
  package static var instructionSetComplaint: String? {
    let name = ProcessInfo.processInfo.environment["VITQ_ISA"] ?? ""
    do throws(InstructionSetError) {
      try VectorKernels.check(requested: name)
      return nil
    } catch {
      return "\(error)"
    }
  }
}
