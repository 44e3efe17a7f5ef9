import Foundation
import VitqAutodiff
import VitqCommandLine
import VitqFaults
import VitqFormat
import VitqKit
import VitqReporting

enum EvalBody {
  static func run(_ options: EvalOptions) throws {
    let terminal = Terminal(isQuiet: options.run.quiet)
    let choice = try ModelPicker.runnable(given: options.model)
    if options.model == nil { terminal.note("using \(choice.path) (\(choice.reason))") }
    try checkOutputs(options, model: choice.path)
    let (classifier, other) = try CommandFailure.mapping { () throws(KitError) in
      (
        try Classifier(path: choice.path),
        try options.against.map { path throws(KitError) in try Classifier(path: path) }
      )
    }
    guard options.blocks == nil || !classifier.isPacked else {
      throw CommandFailure(
        .malformedInput,
        "\(choice.path): --blocks: expected a full-precision model, found a quantized one")
    }
    let images = try CommandFailure.mapping { () throws(KitError) in
      Array(
        try LabelledImages.entries(options.images, classCount: classifier.classCount)
          .prefix(options.limit ?? .max))
    }
    let threads = options.run.threadCount
    let streams = options.streams ?? threads
    if !classifier.isPacked { _ = try Workers.checked(count: streams) }
    let start = ContinuousClock.now
    let evaluation = try CommandFailure.mapping { () throws(KitError) in
      try Evaluation(
        of: classifier, against: other, on: images, streams: Workers(count: streams),
        threadsPerImage: max(1, threads / streams)
      ) { count in
        terminal.progress(
          "eval",
          ProgressEstimate(
            completed: count, total: images.count,
            elapsedSeconds: (ContinuousClock.now - start).inSeconds))
      }
    }
    if let path = options.logits {
      try CommandFailure.mapping { () throws(KitError) in
        try evaluation.writeLogits(to: path)
      }
    }
    if let folder = options.blocks, let first = images.first {
      try CommandFailure.mapping { () throws(KitError) in
        try BlockOutputs.write(of: choice.path, image: first.path, to: folder)
      }
    }
    print(evaluation, classifier, other, json: options.run.json)
  }

  /// Refuses, before any work, files that cannot be written or that would be lost.
  private static func checkOutputs(_ options: EvalOptions, model: String) throws {
    var inputs = [OutputPath.Use("the model", model)]
    if let path = options.against { inputs.append(OutputPath.Use("--against", path)) }
    if let path = options.logits {
      try OutputPath.checkDistinct(
        inputs: inputs, outputs: [OutputPath.Use("--logits", path)])
      try OutputPath.checkWritable(path)
      try OutputPath.checkNew(path, force: options.force)
    }
    if let folder = options.blocks {
      try OutputPath.checkWritable(BlockOutputs.path(ofBlock: 0, in: folder))
      for name in try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
      where name.hasPrefix("block.") && name.hasSuffix(".npy") {
        try OutputPath.checkNew("\(folder)/\(name)", force: options.force)
      }
    }
  }

  private static func print(
    _ evaluation: Evaluation, _ classifier: Classifier, _ other: Classifier?, json: Bool
  ) {
    if json {
      var members: [(String, JSONText)] = [
        ("schema", .string("vitq.eval/1")), ("model", .string(classifier.path)),
        ("engine", .string(classifier.engine)),
        ("token_scales", .bool(classifier.hasTokenScales)), ("top1", evaluation.top1.json),
        ("top5", evaluation.top5.json),
      ]
      if let other, let agreement = evaluation.agreement {
        members += [
          ("against", .string(other.path)), ("agreement", agreement.json),
          ("identical_logits", .bool(evaluation.isIdentical == true)),
        ]
      }
      Output.line(JSONText.object(members).text)
      return
    }
    var table = Table(["model", classifier.path])
    if classifier.hasTokenScales { table.append(["activations", "per-token scales"]) }
    table.append(["top-1", evaluation.top1.description])
    table.append(["top-5", evaluation.top5.description])
    if let other, let agreement = evaluation.agreement {
      let identical = evaluation.isIdentical == true ? ", logits identical" : ""
      table.append(["same answer as \(other.path)", agreement.description + identical])
    }
    Output.line(table.plainText)
  }
}

extension Proportion {
  /// The count, the total, the fraction and its interval.
  fileprivate var json: JSONText {
    .object([
      ("count", .integer(count)), ("total", .integer(total)), ("fraction", .number(fraction)),
      ("low", .number(interval.lowerBound)), ("high", .number(interval.upperBound)),
    ])
  }
}
