import Foundation
import VitqFormat
package import VitqSynthesis
package import VitqTensor

/// Folders that hold parts of the images of one run.
///
/// A part is a journal of synthesis with the plan of the whole run, some of its images, the recipe
/// and, if `--shard` was given, which part it is. Images depend on their number and the plan alone,
/// so parts of any machines make the bytes of one run.
package struct ImageParts: Sendable {
  /// The names of the files in a part.
  typealias Name = SynthesisJournal.Name

  package let folders: [String]
  /// What every part says of the run, line by line.
  private let plan: [String]
  /// The recipes of the run that parts state, at least one.
  private let recipes: [(folder: String, document: RecipeDocument)]

  /// Opens parts and checks that they are of one run.
  ///
  /// - Throws: ``KitError`` that names the two parts that differ, and in what.
  package init(folders: [String]) throws(KitError) {
    self.folders = folders
    var first: (plan: [String], parts: Int?)?
    var recipes: [(folder: String, document: RecipeDocument)] = []
    for folder in folders {
      let plan = Self.lines(of: try Self.plan(of: folder))
      let shard = try Self.read(Name.shard, in: folder).map { text throws(KitError) in
        try Self.shard(text, folder)
      }
      if let first {
        try Self.check(plan, of: folder, against: first.plan, of: folders[0])
        guard shard?.count == first.parts else {
          func said(_ count: Int?) -> String { count.map { "one of \($0) parts" } ?? "no part" }
          throw KitError(
            .malformedInput,
            "\(folder): expected \(said(first.parts)) as \(folders[0]), found \(said(shard?.count))"
          )
        }
      }
      first = first ?? (plan, shard?.count)
      if let document = try Self.recipe(of: folder) { recipes.append((folder, document)) }
    }
    guard let first, !recipes.isEmpty else {
      throw KitError(
        .malformedInput,
        "\(folders.first ?? ""): expected \(Name.recipe), which 'vitq synthesize' writes, found none"
      )
    }
    plan = first.plan
    self.recipes = recipes
  }

  /// The real images whose attention was the prior of the images, if any was.
  var references: [ModelHeader.Source] { SynthesisOptions.references(ofPlan: plan) }

  /// What the recipe of the parts says.
  ///
  /// - Parameter isWhole: Whether to take the whole recipe, with nothing below it, or what it says
  ///   of images and seed.
  /// - Returns: The settings; what goes with the learner and the bits follows later layers.
  /// - Throws: ``KitError`` if the parts say different things of what is taken.
  package func layer(isWhole: Bool) throws(KitError) -> RecipeLayer {
    let (folder, first) = recipes[0]
    var document = first
    if isWhole {
      for other in recipes.dropFirst() {
        try Self.check(other.document, of: other.folder, against: first, of: folder)
      }
      document.forgetChoices(under: RecipeKey.quantization)
    } else {
      document.keep { $0.hasPrefix("images.") || $0 == "seed" }
    }
    return RecipeLayer(origin: "\(folder)/\(Name.recipe)", document: document)
  }

  /// Puts the images together in the journal that one run would have left.
  ///
  /// - Parameters:
  ///   - folder: The journal; it is made if it is not there.
  ///   - modelDigest: Identifies the model that the images shall be of.
  ///   - options: Those of the run.
  ///   - shape: The shape of an image.
  ///   - existing: What becomes of a run that the folder holds, if it is none of the parts.
  /// - Throws: ``KitError`` if the parts are of another model, or an image is missing, unfinished
  ///   or damaged.
  package func gather(
    into folder: String, modelDigest: String, options: SynthesisOptions, shape: Shape,
    existing: SynthesisJournal.ExistingRun
  ) throws(KitError) {
    let places = try places(modelDigest: modelDigest, options: options, shape: shape)
    guard folders != [folder] else { return }
    let journal: SynthesisJournal
    do throws(SynthesisError) {
      journal = try SynthesisJournal(
        folder: folder, modelDigest: modelDigest, options: options,
        existing: folders.contains(folder) ? .resumed : existing)
    } catch {
      throw KitError(error)
    }
    // The folder is locked until all images are in it.
    defer { withExtendedLifetime(journal) {} }
    for (index, place) in places.enumerated() where place != folder {
      let name = "image-\(index)"
      try Self.copy("\(place)/\(name)", to: "\(folder)/\(name)")
    }
    let record = LossRecord()
    for part in folders { record.load(from: part) }
    try record.store(in: folder)
  }

  /// The part that holds each image, finished.
  ///
  /// - Parameters:
  ///   - modelDigest: Identifies the model that the images shall be of.
  ///   - options: Those of the run.
  ///   - shape: The shape of an image.
  /// - Returns: Folders, by the number of the image.
  /// - Throws: ``KitError`` if the parts are of another model, or an image is missing, unfinished
  ///   or damaged.
  func places(
    modelDigest: String, options: SynthesisOptions, shape: Shape
  ) throws(KitError) -> [String] {
    let model = self.plan.first { $0.hasPrefix("model: ") }.map { String($0.dropFirst(7)) } ?? ""
    guard model == modelDigest else {
      throw KitError(
        .malformedInput,
        "\(folders[0]): images of another model: expected sha256 \(modelDigest), found \(model)")
    }
    let plan = SynthesisJournal.planDigest(modelDigest: modelDigest, options: options)
    var missing: [Int] = []
    var places: [String] = []
    for index in 0..<options.imageCount {
      var unfinished: (folder: String, step: Int)?
      var place: String?
      for folder in folders where place == nil {
        guard let state = try Self.state(ofImage: index, in: folder, shape, plan: plan) else {
          continue
        }
        if state.step == options.stepCount { place = folder }
        unfinished = (folder, state.step)
      }
      if let place {
        places.append(place)
      } else if let unfinished {
        throw Self.unfinished(
          unfinished.folder, image: index, step: unfinished.step, of: options.stepCount)
      } else {
        missing.append(index)
      }
    }
    guard missing.isEmpty else {
      let some = missing.prefix(8).map { "\($0)" }.joined(separator: ", ")
      let rest = missing.count > 8 ? " and \(missing.count - 8) more" : ""
      throw KitError(
        .malformedInput,
        "\(folders.joined(separator: ", ")): expected \(options.imageCount) images, "
          + "found none numbered \(some)\(rest)")
    }
    return places
  }

  /// Whether a folder is that of a run, with all of its images, some or none yet.
  package static func isPart(_ folder: String) -> Bool {
    FileManager.default.fileExists(atPath: "\(folder)/\(Name.plan)")
  }

  /// The images that one folder holds, normalised, each with the path of its state.
  ///
  /// They are as their last step left them: patches that sparse SMI then takes away are there.
  ///
  /// - Parameters:
  ///   - folder: A part, or the work folder of a run.
  ///   - shape: The shape of an image.
  ///   - limit: The most images that are read.
  /// - Returns: The images by their numbers.
  /// - Throws: ``KitError`` if there is none, or one is unfinished or damaged.
  static func images(
    in folder: String, _ shape: Shape, limit: Int
  ) throws(KitError) -> [(path: String, pixels: Tensor)] {
    let plan = try Self.plan(of: folder)
    let lines = Self.lines(of: plan)
    let digest = SHA256.hexDigest(of: plan)
    func number(_ key: String, _ range: ClosedRange<Int>) throws(KitError) -> Int {
      let line = lines.first { $0.hasPrefix("\(key): ") } ?? ""
      guard let value = Int(line.dropFirst(key.count + 2)), range.contains(value) else {
        throw KitError(
          .malformedInput,
          "\(folder)/\(Name.plan): \(key): expected a number from \(range.lowerBound) to "
            + "\(range.upperBound), found '\(line)'")
      }
      return value
    }
    let imageCount = try number("images", 1...4096)
    let stepCount = try number("steps", 1...1_000_000)
    var images: [(path: String, pixels: Tensor)] = []
    for index in 0..<imageCount where images.count < limit {
      guard let state = try Self.state(ofImage: index, in: folder, shape, plan: digest) else {
        continue
      }
      let path = "\(folder)/image-\(index)"
      guard state.step == stepCount else {
        throw unfinished(folder, image: index, step: state.step, of: stepCount)
      }
      guard state.image.elements.allSatisfy(\.isFinite) else {
        throw KitError(.selfCheckFailed, "\(path): a pixel is not finite")
      }
      images.append((path, state.image))
    }
    guard !images.isEmpty else {
      throw KitError(
        .missingInput, "\(folder): expected images of 'vitq synthesize', found none")
    }
    return images
  }

  /// What a part has of an image, `nil` if it has none.
  private static func state(
    ofImage index: Int, in folder: String, _ shape: Shape, plan: String
  ) throws(KitError) -> ImageState? {
    guard let bytes = try bytes("image-\(index)", in: folder) else { return nil }
    do throws(SynthesisError) {
      return try ImageState(
        bytes, image: index, shape, plan: plan, path: "\(folder)/image-\(index)")
    } catch {
      throw KitError(error)
    }
  }

  private static func unfinished(
    _ folder: String, image: Int, step: Int, of stepCount: Int
  ) -> KitError {
    KitError(
      .malformedInput,
      "\(folder): image \(image) is at step \(step) of \(stepCount): give the same "
        + "'vitq synthesize' again to finish it")
  }

  private static func plan(of folder: String) throws(KitError) -> [UInt8] {
    guard let plan = try bytes(Name.plan, in: folder) else {
      let exists = FileManager.default.fileExists(atPath: folder)
      throw KitError(
        .missingInput,
        exists
          ? "\(folder): expected images of 'vitq synthesize', found no file '\(Name.plan)'"
          : "\(folder): no such folder")
    }
    return plan
  }

  private static func lines(of plan: [UInt8]) -> [String] {
    String(decoding: plan, as: UTF8.self).split(separator: "\n").map { String($0) }
  }

  private static func check(
    _ plan: [String], of folder: String, against first: [String], of firstFolder: String
  ) throws(KitError) {
    guard plan != first else { return }
    let lines = zip(first + Array(repeating: "nothing", count: plan.count), plan)
    let (expected, found) = lines.first { $0 != $1 } ?? (first.last ?? "", "nothing")
    throw KitError(
      .malformedInput,
      "\(folder): images of another run than \(firstFolder): expected \(expected), found \(found)")
  }

  /// The recipe of a part, `nil` if it states none.
  private static func recipe(of folder: String) throws(KitError) -> RecipeDocument? {
    guard let text = try read(Name.recipe, in: folder) else { return nil }
    return try RecipeLayer.document(of: text, origin: "\(folder)/\(Name.recipe)")
  }

  /// Checks that two parts say the same of quantization; of the rest, their plans do.
  private static func check(
    _ recipe: RecipeDocument, of folder: String, against first: RecipeDocument,
    of firstFolder: String
  ) throws(KitError) {
    for key in RecipeKey.all where key.path.hasPrefix(RecipeKey.quantization) {
      let values = [first, recipe].map { $0.settings[key.path]?.value.text ?? "nothing" }
      guard values[0] != values[1] else { continue }
      throw KitError(
        .malformedInput,
        "\(folder): images of another run than \(firstFolder): expected \(key.path): "
          + "\(values[0]), found \(values[1])")
    }
  }

  private static func shard(
    _ text: String, _ folder: String
  ) throws(KitError) -> (number: Int, count: Int) {
    let parts =
      text.split(separator: "\n").first?.split(separator: "/").compactMap { Int($0) } ?? []
    guard parts.count == 2 else {
      throw KitError(
        .malformedInput, "\(folder)/\(Name.shard): expected a part such as 3/8, found '\(text)'")
    }
    return (parts[0], parts[1])
  }

  static func read(_ name: String, in folder: String) throws(KitError) -> String? {
    try bytes(name, in: folder).map { String(decoding: $0, as: UTF8.self) }
  }

  private static func bytes(_ name: String, in folder: String) throws(KitError) -> [UInt8]? {
    let path = "\(folder)/\(name)"
    do throws(FileError) {
      let file = try FileBytes(path: path)
      return file.bytes(in: 0..<file.count)
    } catch .notFound {
      return nil
    } catch {
      throw KitError(reading: path, error)
    }
  }

  private static func copy(_ source: String, to target: String) throws(KitError) {
    let bytes: FileBytes
    do throws(FileError) {
      bytes = try FileBytes(path: source)
    } catch {
      throw KitError(reading: source, error)
    }
    try KitFile.write(bytes.bytes(in: 0..<bytes.count), to: target)
  }
}
