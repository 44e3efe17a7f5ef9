import VitqCommandLine
import VitqKit

/// The files a run of `quantize` writes.
struct QuantizePaths {
  let output: String
  let work: String
  /// Whether nobody named the work folder.
  let hasDefaultWork: Bool
  let contactSheet: String
  /// Where a learner keeps what it learned until the model is written.
  let learner: String
  let graph: String?
  let report: String?
  private let model: String
  /// Whether images are in the work folder, and drawn.
  private let hasImages: Bool

  init(_ options: QuantizeOptions, _ recipe: RunRecipe, model: String) {
    self.model = model
    output = options.output ?? "\(OutputPath.stem(of: model)).\(recipe.bitsName).vitq"
    // Images depend on the model and the synthesis alone, so every bit width shares them. One
    // folder with all images is the work folder of the run that made them.
    let folders = options.recipe.imageFolders
    hasDefaultWork = options.workDir == nil && folders.count != 1
    work =
      options.workDir ?? (folders.count == 1 ? folders[0] : nil)
      ?? "\(OutputPath.stem(of: model)).images"
    contactSheet = options.contactSheet ?? Self.defaultContactSheet(of: work)
    learner = Quantization.learnerFolder(ofModel: output)
    graph = options.saveGraph
    report = options.report
    hasImages = recipe.optimized != nil
  }

  private static func defaultContactSheet(of work: String) -> String { "\(work).png" }

  /// Refuses, before any work, paths that the run cannot write or would destroy.
  ///
  /// - Parameter force: Whether files that are there may be replaced; the model never is.
  /// - Throws: ``CommandFailure``.
  func check(force: Bool) throws {
    var outputs = [
      OutputPath.Use("--output", output), OutputPath.Use("the folder of the learner", learner),
    ]
    if let graph { outputs.append(OutputPath.Use("--save-graph", graph)) }
    if let report { outputs.append(OutputPath.Use("--report", report)) }
    if hasImages {
      outputs.append(OutputPath.Use("--contact-sheet", contactSheet))
      outputs.append(OutputPath.Use("--work-dir", work))
    }
    try OutputPath.checkDistinct(inputs: [OutputPath.Use("the model", model)], outputs: outputs)
    for path in [output, graph].compactMap({ $0 }) {
      try OutputPath.checkReplaceable(path, force: force)
      try OutputPath.checkWritable(path)
    }
    if let report {
      try OutputPath.checkWritable(report)
      try OutputPath.checkNew(report, force: force)
    }
    if hasImages {
      try OutputPath.checkMakeable(folder: work)
      try checkContactSheet(force: force)
    }
  }

  private func checkContactSheet(force: Bool) throws {
    let sheet = OutputPath.canonical(contactSheet)
    let folder = OutputPath.canonical(work)
    // The run makes the work folder, so it need not be there.
    if !sheet.hasPrefix(folder + "/") { try OutputPath.checkWritable(contactSheet) }
    // Beside the folder of a run the default is the sheet of the images that were in it before.
    let isOfRun =
      sheet == OutputPath.canonical(Self.defaultContactSheet(of: work)) && ImageParts.isPart(work)
    guard !isOfRun else { return }
    try OutputPath.checkNew(contactSheet, force: force)
  }
}
