import VitqTensor

/// What the linear algebra library found out about the processor.
package enum LinearAlgebraReport {
  /// The processor type whose kernels it runs, and its build.
  package static var core: String { "\(BLAS.coreName); \(BLAS.configuration)" }

  /// A type that suits this processor better, if the library does not know it.
  package static var betterCore: String? { BLAS.betterCoreName }
}
