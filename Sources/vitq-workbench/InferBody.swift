import VitqCommandLine
import VitqImage
import VitqKit

/// `infer` with a full-precision model.
enum InferBody {
  static func run(_ options: InferOptions) throws {
    let choice = try ModelPicker.runnable(given: options.model)
    let classifier = try CommandFailure.mapping { () throws(KitError) in
      try Classifier(path: choice.path)
    }
    if options.model == nil, !options.quiet {
      StandardError.line("using \(choice.path) (\(choice.reason))")
    }
    var runner = try CommandFailure.mapping { () throws(KitError) in
      try classifier.runner(threads: options.threadCount)
    }
    try InferCommand.run(options, model: choice.path, labels: classifier.labels) { pixels in
      InferCommand.Outputs(
        logits: try runner.logits(of: classifier.preprocessing.crop(pixels)))
    }
  }
}
