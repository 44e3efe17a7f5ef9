import VitqFormat
import VitqImage

extension Model {
  /// Opens a quantized `.vitq` file; its weights stay in the file, which is mapped.
  ///
  /// - Parameters:
  ///   - path: The file; see `formats/vitq.md`.
  ///   - instructionSet: The kernels to use; `nil` is ``InstructionSet/selected()``.
  /// - Throws: ``RuntimeError``: the file cannot be read, is damaged, or is not quantized.
  public init(_ path: String, instructionSet: InstructionSet? = nil) throws(RuntimeError) {
    let program: Program
    let file: ModelFile
    let labels: [Label]
    do throws(ModelFileError) {
      file = try ModelFile(path: path)
    } catch {
      throw RuntimeError(.unreadableModel, "\(error)", cause: error)
    }
    guard file.header.kind == .program else {
      throw RuntimeError(
        .notQuantized, "model: full precision: expected a quantized model; run vitq quantize")
    }
    do throws(ModelFileError) {
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

  /// The recipe of a file, whose sides must be those of the program.
  private static func preprocessing(
    _ record: PreprocessingRecord?
  ) throws(RuntimeError) -> Preprocessing? {
    guard let record else { return nil }
    guard let interpolation = Preprocessing.Interpolation(rawValue: record.interpolation) else {
      throw RuntimeError(
        .unreadableModel,
        "preprocessing: interpolation not supported: found '\(record.interpolation)'")
    }
    let recipe = Preprocessing(
      inputHeight: record.inputHeight, inputWidth: record.inputWidth,
      cropFraction: record.cropFraction, interpolation: interpolation, mean: record.mean,
      standardDeviation: record.standardDeviation)
    do throws(PreprocessingError) {
      try recipe.validate()
    } catch {
      throw RuntimeError(.unreadableModel, "\(error)", cause: error)
    }
    return recipe
  }
}
