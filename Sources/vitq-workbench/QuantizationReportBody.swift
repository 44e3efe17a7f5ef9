import VitqAutodiff
import VitqCommandLine
import VitqKit

enum QuantizationReportBody {
  static func write(
    _ outcome: Quantization.Outcome, of model: GraphModel, recipe: RunRecipe, model path: String,
    _ options: QuantizeOptions, seconds: Double, workers: Workers, to report: String
  ) throws {
  }
}
