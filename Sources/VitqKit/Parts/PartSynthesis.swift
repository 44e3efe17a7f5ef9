package import VitqAutodiff
import VitqFormat
package import VitqSynthesis

/// Makes one part of the images of a run, into a folder that ``ImageParts`` reads.
package struct PartSynthesis: Sendable {
  package let recipe: RunRecipe
  package let folder: String
  /// Which part, counted from 1; `nil` for all images.
  package let shard: (number: Int, count: Int)?
  /// What becomes of a run that the folder holds.
  package var existingRun: SynthesisJournal.ExistingRun = .resumed
  /// Whether a loss that ends well above where it began ends the run, in place of a warning.
  package var isStrict = false

  package init(recipe: RunRecipe, folder: String, shard: (number: Int, count: Int)?) {
    self.recipe = recipe
    self.folder = folder
    self.shard = shard
  }

  /// The numbers of the images of the part: every `count`-th, so that parts are alike in size.
  package var images: [Int] {
    let (number, count) = shard ?? (1, 1)
    return Array(stride(from: number - 1, to: recipe.imageCount, by: count))
  }

  /// Refuses a recipe whose images cannot be made in parts, and a folder that cannot be used, before
  /// any work.
  ///
  /// - Throws: ``KitError`` that names the setting or the folder.
  package func check() throws(KitError) {
    try CalibrationImages.check(.synthesis(checkedOptions()), workFolder: folder)
  }

  private func checkedOptions() throws(KitError) -> SynthesisOptions {
    guard let options = recipe.optimized else {
      throw KitError(
        .badConfiguration,
        "images.method: expected images that are synthesised, found "
          + "'\(ImageMethod(recipe.images).rawValue)', which 'vitq quantize' makes by itself")
    }
    guard options.method != .psaqV2 else {
      throw KitError(
        .badConfiguration,
        "images.method: images of psaq-v2 depend on one another: 'vitq quantize' makes all of them")
    }
    return options
  }

  /// Makes the images, or those that an interrupted run did not finish.
  ///
  /// - Parameters:
  ///   - model: The full-precision model.
  ///   - path: Where it came from.
  ///   - workers: Threads; the images do not depend on their number.
  ///   - cancellation: Ends the work with its state saved.
  ///   - restored: Called from the workers with the steps of an image that an earlier run took.
  ///   - warned: Called with what the user should know of the images.
  ///   - progress: Called from the workers.
  /// - Throws: ``KitError``.
  package func run(
    on model: GraphModel, path: String, workers: Workers, cancellation: Cancellation,
    restored: @escaping @Sendable (_ image: Int, _ step: Int) -> Void,
    warned: @escaping @Sendable (String) -> Void,
    progress: @escaping @Sendable (SynthesisProgress) -> Void
  ) throws(KitError) {
    let options = try checkedOptions()
    let (synthesizer, journal, _) = try CalibrationImages.start(
      options, images: images, in: folder, existingRun, for: model,
      digest: Quantization.digest(of: path))
    try describe()
    let record = LossRecord()
    record.load(from: folder)
    let watch = DivergenceWatch(isStrict: isStrict, cancellation: cancellation, warned: warned)
    defer { try? record.store(in: folder) }
    let made: [SynthesizedImage]
    do throws(SynthesisError) {
      made = try synthesizer.run(
        images: images, workers: workers, journal: journal, cancellation: watch.cancellation,
        progress: {
          record.record($0)
          watch.judge($0, of: options, record)
          progress($0)
        }, restored: restored)
    } catch {
      try watch.check()
      throw KitError(path, error)
    }
    let saturated = SaturatedImages(made, numbers: Array(images), model.preprocessing)
    try watch.judge(record, saturated, of: options)
  }

  /// Writes beside the plan what `quantize` needs to know of the run.
  private func describe() throws(KitError) {
    try KitFile.write(Array(recipe.text.utf8), to: "\(folder)/\(ImageParts.Name.recipe)")
    let path = "\(folder)/\(ImageParts.Name.shard)"
    guard let shard else {
      do throws(FileError) {
        return try JournalFolder(folder).remove(ImageParts.Name.shard)
      } catch {
        throw KitError(writing: path, error)
      }
    }
    try KitFile.write(Array("\(shard.number)/\(shard.count)\n".utf8), to: path)
  }
}
