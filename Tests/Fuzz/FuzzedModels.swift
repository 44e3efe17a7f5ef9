import Foundation
import VitqFormat
import VitqImage
import VitqRuntime

/// Opens, verifies and runs models.
enum FuzzedModels {
  /// Larger programs are sound, and only slow.
  private static let arenaByteCount = 16 << 20
  private static let instructionCount = 256

  /// A whole file.
  static func file(_ bytes: [UInt8]) {
    guard let file = try? ModelFile(FileBytes(bytes)) else { return }
    _ = try? file.verify()
    guard let program = try? file.program() else { return }
    run(program, file.container)
  }

  /// The program of the model in `VITQ_FUZZ_MODEL`, whose digests need not match: whoever changes a
  /// file can change its digests too.
  static func program(_ bytes: [UInt8]) {
    guard let program = try? ProgramCodec.decode(bytes),
      (try? ProgramVerifier(program, model.container).verify()) != nil
    else { return }
    run(program, model.container)
  }

  /// Writes the program of `VITQ_FUZZ_MODEL` to `path`, to begin with.
  static func writeSeed(to path: String) {
    guard let tensor = model.container[ModelFile.Name.program] else {
      fatalError("no program in VITQ_FUZZ_MODEL")
    }
    let bytes = Data(model.container.bytes(of: tensor))
    precondition(FileManager.default.createFile(atPath: path, contents: bytes), path)
  }

  private static let model: ModelFile = {
    let path = ProcessInfo.processInfo.environment["VITQ_FUZZ_MODEL"] ?? ""
    do throws(ModelFileError) {
      return try ModelFile(path: path)
    } catch {
      fatalError("VITQ_FUZZ_MODEL: \(path): \(error)")
    }
  }()

  private static func run(_ program: Program, _ container: SafetensorsFile) {
    let arena = program.buffers.reduce(0) { $0 + $1.paddedByteCount }
    guard arena <= arenaByteCount, program.instructions.count <= instructionCount,
      program.imageHeight * program.imageWidth <= 1 << 16,
      let model = try? Model(program, constants: ProgramConstants(container)),
      var session = try? Session(model)
    else { return }
    let count = 3 * model.inputHeight * model.inputWidth
    let image = PixelBuffer(
      width: model.inputWidth, height: model.inputHeight,
      bytes: (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 37) })
    _ = try? session.run(image)
  }
}
