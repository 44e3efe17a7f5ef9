import VitqAutodiff
import VitqFormat
import VitqSynthesis

/// Converts and quantizes models from Swift: the same arguments give the bytes that the command
/// line gives.
public enum Tool {
  /// The version that is written into every model.
  public static let version = ToolVersion.text

  /// Makes a full-precision `.vitq` model of a checkpoint.
  ///
  /// - Parameters:
  ///   - checkpoint: The path of an HDF5, safetensors or ONNX file, or of a folder with timm's
  ///     `config.json` and `model.safetensors`.
  ///   - path: Where the model shall appear; a file that is there is replaced.
  ///   - architecture: timm's name of the architecture, where the checkpoint does not say it.
  /// - Throws: ``KitError``; `path` then holds what it held before.
  public static func convert(
    _ checkpoint: String, to path: String, architecture: String? = nil
  ) throws(KitError) {
    let conversion = Conversion(input: checkpoint, architecture: architecture)
    try conversion.model().model.write(to: path, overwriting: true)
  }

  /// Makes a packed model of a full-precision one, with images made from it.
  ///
  /// The same arguments give the same bytes, whatever `threads` is. An argument that is `nil`
  /// leaves to the recipe what it would set. Until the model is written, what a learner learned is
  /// kept beside it in a folder of its name with `.learner` behind it; a second call goes on from
  /// there. A run that needs more memory than there is is refused before it starts.
  ///
  /// - Parameters:
  ///   - model: The path of the full-precision model.
  ///   - path: Where the packed model shall appear; a file that is there is replaced.
  ///   - recipe: What is done; must need no real images.
  ///   - weightBits: Bits of a weight, 3 to 8; 4 if no recipe says otherwise.
  ///   - activationBits: Bits of an activation, 3 to 8; 4 if no recipe says otherwise.
  ///   - imageCount: The number of images.
  ///   - stepCount: Optimisation steps for each image.
  ///   - seed: The seed of everything random.
  ///   - workFolder: Where images are kept, finished or not; a second call goes on from there.
  ///   - threads: The number of threads.
  /// - Throws: ``KitError``; `path` then holds what it held before.
  public static func quantizeDataFree(
    _ model: String, to path: String, recipe: Recipe = .standard, weightBits: Int? = nil,
    activationBits: Int? = nil, imageCount: Int? = nil, stepCount: Int? = nil,
    seed: UInt64? = nil, workFolder: String, threads: Int
  ) throws(KitError) {
    guard threads > 0 else {
      throw KitError(.badConfiguration, "threads: expected at least 1, found \(threads)")
    }
    let recipe = try RunRecipe(
      recipe, weightBits: weightBits, activationBits: activationBits, imageCount: imageCount,
      stepCount: stepCount, seed: seed)
    try recipe.checkDataFree()
    let graph = try GraphModel(path: model)
    var quantization = try Quantization(
      of: graph, path: model, recipe: recipe, workFolder: workFolder)
    try AddressSpace.check(threads: threads)
    let workers = Workers(count: threads)
    try RunEstimate(of: recipe, on: graph, workers: workers, isTimed: false)
      .check(limit: AvailableMemory.byteCount(threads: threads))
    quantization.learnerFolder = Quantization.learnerFolder(ofModel: path)
    let outcome = try quantization.run(
      workers: workers, cancellation: Cancellation(),
      observer: Quantization.Observer())
    try outcome.lowered.write(to: path, overwriting: true)
    outcome.forgetLearning()
  }
}
