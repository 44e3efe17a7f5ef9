import VitqAutodiff
import VitqFormat
import VitqQuantization
import VitqSynthesis

/// Converts and quantizes models from Swift, as the command line does.
public enum Tool {
  /// The version that is written into every model.
  public static let version = ToolVersion.text

  /// Makes a full-precision `.vitq` model of a checkpoint.
  ///
  /// - Parameters:
  ///   - checkpoint: The path of an HDF5 or safetensors file, or of a folder with `config.json` and
  ///     `model.safetensors`.
  ///   - path: Where the model shall appear; a file that is there is replaced.
  ///   - architecture: timm's name of the architecture, where the checkpoint does not say it.
  /// - Throws: ``KitError``; `path` then holds what it held before.
  public static func convert(
    _ checkpoint: String, to path: String, architecture: String? = nil
  ) throws(KitError) {
    let conversion = Conversion(input: checkpoint, architecture: architecture)
    try conversion.model().model.write(to: path, overwriting: true)
  }

  /// Makes a packed model of a full-precision one, with images synthesised from it.
  ///
  /// The same arguments give the same bytes, whatever `threads` is.
  ///
  /// - Parameters:
  ///   - model: The path of the full-precision model.
  ///   - path: Where the packed model shall appear; a file that is there is replaced.
  ///   - weightBits: Bits of a weight, 3 to 8.
  ///   - activationBits: Bits of an activation, 3 to 8.
  ///   - imageCount: The number of images; the paper's is 32.
  ///   - stepCount: Optimisation steps for each image; the paper's is 1000.
  ///   - seed: The seed of everything random.
  ///   - workFolder: Where unfinished images are kept; a second call goes on from there.
  ///   - threads: The number of threads.
  /// - Throws: ``KitError``; `path` then holds what it held before.
  public static func quantizeDataFree(
    _ model: String, to path: String, weightBits: Int = 4, activationBits: Int = 4,
    imageCount: Int = 32, stepCount: Int = 1000, seed: UInt64 = 0, workFolder: String,
    threads: Int
  ) throws(KitError) {
    guard threads > 0 else {
      throw KitError(.badConfiguration, "threads: expected at least 1, found \(threads)")
    }
    var synthesis = SynthesisOptions()
    synthesis.imageCount = imageCount
    synthesis.stepCount = stepCount
    let recipe = RunRecipe(
      images: .synthesis(synthesis),
      quantization: QuantizationRecipe(weightBits: weightBits, activationBits: activationBits),
      seed: seed)
    let quantization = Quantization(recipe: recipe, workFolder: workFolder)
    let outcome = try quantization.run(
      on: GraphModel(path: model), path: model, workers: Workers(count: threads),
      cancellation: Cancellation(), observer: Quantization.Observer())
    try outcome.lowered.write(to: path, overwriting: true)
  }
}
