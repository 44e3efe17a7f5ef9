import VitqCommandLine
import VitqImage
import VitqKit
import VitqReporting

enum ModelsBody {
  static func run(_ options: ModelsOptions) throws {
    Output.line(options.json ? json.text : table.plainText)
  }

  private static var table: Table {
    var table = Table([
      "name", "alias", "family", ">input", ">patches", ">width", ">blocks", ">heads",
      "not in a state dict",
    ])
    for model in KnownModel.all {
      let preprocessing = model.preprocessing
      table.append([
        model.name, model.alias ?? "", model.family,
        "\(preprocessing.inputHeight) × \(preprocessing.inputWidth)", "\(model.patchCount)",
        "\(model.width)", text(model.depths), text(model.headCounts), unsaid(model),
      ])
    }
    return table
  }

  private static func text(_ counts: [Int]) -> String {
    counts.map(String.init).joined(separator: " + ")
  }

  /// What the model needs that its state dict does not say, beside the normalisation of pixels.
  private static func unsaid(_ model: KnownModel) -> String {
    var facts = model.windowSides.isEmpty ? ["heads"] : []
    facts += [
      "ε \(model.epsilon)", "\(model.activation) GELU", "\(model.pooling) pooling",
      "crop \(model.preprocessing.cropFraction) \(model.preprocessing.interpolation.rawValue)",
    ]
    return facts.joined(separator: ", ")
  }

  private static var json: JSONText {
    let models = KnownModel.all.map { model in
      let preprocessing = model.preprocessing
      func numbers(_ values: [Float]) -> JSONText { .array(values.map { .number(Double($0)) }) }
      func integers(_ values: [Int]) -> JSONText { .array(values.map { .integer($0) }) }
      return JSONText.object([
        ("name", .string(model.name)), ("alias", model.alias.map(JSONText.string) ?? .null),
        ("family", .string(model.family)),
        ("input_size", integers([3, preprocessing.inputHeight, preprocessing.inputWidth])),
        ("patches", .integer(model.patchCount)), ("width", .integer(model.width)),
        ("depths", integers(model.depths)), ("heads", integers(model.headCounts)),
        ("windows", integers(model.windowSides)),
        ("layer_norm_epsilon", .number(Double("\(model.epsilon)") ?? 0)),
        ("activation", .string(model.activation)), ("pooling", .string(model.pooling)),
        ("crop_pct", .number(preprocessing.cropFraction)),
        ("interpolation", .string(preprocessing.interpolation.rawValue)),
        ("mean", numbers(preprocessing.mean)), ("std", numbers(preprocessing.standardDeviation)),
      ])
    }
    return .object([("schema", .string("vitq.models/1")), ("models", .array(models))])
  }
}
