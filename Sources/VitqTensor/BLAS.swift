import CVitqBLAS
import CVitqKernels

/// The BLAS library in this process.
///
/// It runs on the calling thread: work is parallel over images, each worker calling it for
/// itself, so results do not depend on the number of workers.
package enum BLAS {
  private static let oneThread: Void = openblas_set_num_threads(1)

  /// Makes every product run on the thread that asks for it; what products do by themselves.
  package static func configure() { _ = oneThread }

  /// The CPU type whose kernels the library chose, such as `Haswell`.
  package static var coreName: String { unsafe String(cString: openblas_get_corename()) }

  /// The version and build options of the library.
  package static var configuration: String { unsafe String(cString: openblas_get_config()) }

  /// The core type to ask for with `OPENBLAS_CORETYPE` before the library is loaded, or `nil` if
  /// its own choice is right.
  ///
  /// Releases that do not know a CPU fall back on AVX2 kernels although it has AVX-512.
  package static var betterCoreName: String? {
    let usesAVX2 = ["Haswell", "Zen"].contains(coreName)
    return usesAVX2 && vitq_isa_supported(VITQ_ISA_AVX512) != 0 ? "SkylakeX" : nil
  }
}
