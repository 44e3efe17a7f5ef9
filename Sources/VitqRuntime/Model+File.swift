package import VitqFormat
import VitqImage

extension Model {
  /// Where the weights of an open file are.
  public enum Storage: Sendable {
    /// In the file, which is mapped: nothing is copied, and programs that use one file share it.
    ///
    /// The file must not be written to or cut short in place; rename a new one over it instead. A
    /// session throws if that happened before a run, but the system ends a process with SIGBUS
    /// that reads a page lost during the run.
    case mapped
    /// In memory of the process, whatever happens to the file.
    case memory
  }

  /// What is checked before a model is used, beyond the program and every table of the file.
  public enum Verification: Sendable {
    /// The weights too: any flipped bit of the file is found.
    case everyByte
    /// Nothing: the weights are first read when an image needs them. For files that were verified
    /// since they came to this machine.
    case withoutWeights
  }

  /// Opens a quantized `.vitq` file.
  ///
  /// - Parameters:
  ///   - path: The file; see `formats/vitq.md`.
  ///   - storage: Where the weights are.
  ///   - verification: What is checked, at several gigabytes a second.
  ///   - instructionSet: The kernels to use; `nil` is ``InstructionSet/selected()``.
  /// - Throws: ``RuntimeError``: the file cannot be read, is damaged, or is not quantized.
  public init(
    _ path: String, storage: Storage = .mapped, verification: Verification = .everyByte,
    instructionSet: InstructionSet? = nil
  ) throws(RuntimeError) {
    let file: ModelFile
    do throws(ModelFileError) {
      file = try ModelFile(path: path, from: storage == .mapped ? .mapped : .memory)
    } catch {
      throw RuntimeError(.unreadableModel, "\(error)", path: path, cause: error)
    }
    do throws(RuntimeError) {
      try self.init(file, verification: verification, instructionSet: instructionSet)
    } catch {
      throw error.of(path)
    }
  }

  /// The model of a file that is open already.
  package init(
    _ file: ModelFile, verification: Verification = .everyByte,
    instructionSet: InstructionSet? = nil
  ) throws(RuntimeError) {
    let program: Program
    let labels: [Label]
    guard file.header.kind == .program else {
      throw RuntimeError(
        .notQuantized, "model: full precision: expected a quantized model; run vitq quantize")
    }
    do throws(ModelFileError) {
      if verification == .everyByte { try file.checkWeights() }
      program = try file.program()
      labels = try file.labels(classCount: program.buffers[program.logits.index].columns)
    } catch {
      throw RuntimeError(.unreadableModel, "\(error)", cause: error)
    }
    try self.init(
      program, constants: ProgramConstants(file.container), instructionSet: instructionSet,
      labels: labels.map { $0.description ?? $0.name },
      preprocessing: try Self.preprocessing(file.header.preprocessing))
  }

  /// How an image becomes the model's input, `nil` if the file does not say.
  private static func preprocessing(
    _ fields: [String: String]
  ) throws(RuntimeError) -> Preprocessing? {
    guard !fields.isEmpty else { return nil }
    do throws(PreprocessingError) {
      return try Preprocessing(fields: fields)
    } catch {
      throw RuntimeError(.unreadableModel, "\(error)", cause: error)
    }
  }
}
