import VitqFaults
import VitqAutodiff
import VitqCommandLine
import VitqFormat
import VitqKit
import VitqReporting

enum QuantizationReportBody {
  /// Measures what the report states and writes it.
  static func write(
    _ outcome: Quantization.Outcome, of model: GraphModel, from source: String,
    recipe: RunRecipe, model path: String, _ options: QuantizeOptions, seconds: Double,
    workers: Workers, to file: String
  ) throws {
    var report = QuantizationReport(
      outcome, of: model, recipe: recipe, path: path, seconds: seconds)
    let text = try CommandFailure.mapping { () throws(KitError) in
      report.speed = try Benchmark(
        of: [source, path], threads: [1], streams: { _ in 1 }, runs: 5, warmUpSeconds: 0.2,
        machine: Machine.processorName, peak: { _ in nil }, progress: { _ in }
      ).rows
      if let images = options.reportAccuracy {
        for name in [source, path] {
          let classifier = try Classifier(path: name)
          let evaluation = try Evaluation(
            of: classifier, on: LabelledImages.entries(images, classCount: classifier.classCount),
            streams: workers, progress: { _ in })
          report.accuracy.append(
            QuantizationReport.Accuracy(
              name: name, top1: evaluation.top1, top5: evaluation.top5))
        }
      }
      return report.html(workers: workers)
    }
    do throws(FileError) {
      try AtomicFile.write(Array(text.utf8), to: file, overwriting: true)
    } catch {
      throw CommandFailure(writing: file, error)
    }
  }
}
