package import VitqFormat
@_exported public import VitqImage

/// A quantized model that is ready to run: immutable, and shared by any number of sessions.
public struct Model: Sendable {
  let prepared: PreparedProgram
  let features: FeatureLocation?
  let blocks: BlockOutputs
  /// The classes in the order of the logits; empty if the file has no labels.
  public let labels: [String]
  /// How an image becomes the model's input, or `nil` if the file does not say.
  public let preprocessing: Preprocessing?

  /// A model of a program in memory.
  ///
  /// - Parameters:
  ///   - program: A program that its verifier accepts.
  ///   - constants: The tensors it names.
  ///   - instructionSet: The kernels to use; `nil` is ``InstructionSet/selected()``.
  ///   - labels: The classes, or none.
  ///   - preprocessing: What ``Session/logits(of:)`` does to an image.
  /// - Throws: ``RuntimeError``: the sides of the input are not those of the program.
  package init(
    _ program: Program, constants: ProgramConstants, instructionSet: InstructionSet? = nil,
    labels: [String] = [], preprocessing: Preprocessing? = nil
  ) throws(RuntimeError) {
    let chosen: InstructionSet
    if let instructionSet { chosen = instructionSet } else { chosen = try .selected() }
    if let preprocessing {
      let (height, width) = (preprocessing.inputHeight, preprocessing.inputWidth)
      guard height == program.imageHeight, width == program.imageWidth else {
        throw RuntimeError(
          .unreadableModel,
          "preprocessing: wrong input size: expected \(program.imageWidth) × "
            + "\(program.imageHeight) pixels, found \(width) × \(height)")
      }
    }
    prepared = try PreparedProgram(program, constants: constants, instructionSet: chosen)
    features = FeatureLocation(program)
    blocks = BlockOutputs(program)
    self.labels = labels
    self.preprocessing = preprocessing
  }

  /// Height of the input in pixels.
  public var inputHeight: Int { prepared.program.imageHeight }
  /// Width of the input in pixels.
  public var inputWidth: Int { prepared.program.imageWidth }
  /// How many rows of the last block are computed, and how many there are.
  package var lastBlockRows: (computed: Int, total: Int)? { prepared.program.lastBlockRows }
  /// Whether each token has scales of its own for what linear layers read.
  package var hasTokenScales: Bool { prepared.program.hasTokenScales }
  /// The number of logits.
  public var classCount: Int {
    prepared.program.buffers[prepared.program.logits.index].columns
  }
  /// The number of values of ``Session/features``; 0 if the program does not keep them.
  public var featureCount: Int {
    features.map { prepared.program.buffers[$0.buffer.index].columns } ?? 0
  }
  /// The number of blocks, whose outputs ``Session/tokens(of:after:)`` gives.
  public var blockCount: Int { blocks.locations.count }
  /// The tokens that a block computes, of how many, and the values of each.
  package func tokens(
    ofBlock block: Int
  ) -> (computed: Range<Int>, count: Int, width: Int) {
    let location = blocks.locations[block]
    let buffer = prepared.program.buffers[location.buffer.index]
    return (location.rows, buffer.rows, buffer.columns)
  }
  /// The instruction set of the kernels in use.
  public var instructionSet: InstructionSet { prepared.instructionSet }
  /// The program, for reports.
  package var program: Program { prepared.program }
}
