package import VitqReporting
package import VitqRuntime

/// The classes an image shows, as `infer` prints them.
package struct Answer: Sendable {
  package let image: String
  package let model: String
  package let predictions: [Prediction]
  /// What the classifier read, if that was asked for.
  package let features: [Float]?
  /// What the block that was asked for gives, a row for each token.
  package let tokens: [[Float]]?
  /// From decoded pixels to logits, preprocessing included.
  package let seconds: Double

  package init(
    image: String, model: String, predictions: [Prediction], features: [Float]?,
    tokens: [[Float]]? = nil, seconds: Double
  ) {
    self.image = image
    self.model = model
    self.predictions = predictions
    self.features = features
    self.tokens = tokens
    self.seconds = seconds
  }

  /// One line for each class, probability and name; or the features or tokens, if they were asked for.
  package var text: String {
    if let tokens {
      return tokens.map { $0.map { "\($0)" }.joined(separator: " ") }.joined(separator: "\n")
    }
    if let features { return features.map { "\($0)" }.joined(separator: " ") }
    var table = Table([">probability", "class"])
    for prediction in predictions {
      let label = prediction.label ?? "class \(prediction.index)"
      table.append([
        Figures.percent(Double(prediction.probability)) + " %", CommandFailure.printable(label),
      ])
    }
    return table.plainText.split(separator: "\n").dropFirst().joined(separator: "\n")
  }

  /// One JSON object, schema `vitq.infer/1`.
  package var json: JSONText {
    var members: [(String, JSONText)] = [
      ("schema", .string("vitq.infer/1")), ("image", .string(image)), ("model", .string(model)),
      ("seconds", .number(seconds)), ("peak_bytes", .integer(ProcessMemory.peakByteCount)),
      (
        "predictions",
        .array(
          predictions.map { prediction in
            .object([
              ("index", .integer(prediction.index)),
              ("label", prediction.label.map(JSONText.string) ?? .null),
              ("logit", .number(Double(prediction.logit))),
              ("probability", .number(Double(prediction.probability))),
            ])
          })
      ),
    ]
    if let features {
      members.append(("features", .array(features.map { .number(Double($0)) })))
    }
    if let tokens {
      members.append(
        ("tokens", .array(tokens.map { .array($0.map { .number(Double($0)) }) })))
    }
    return .object(members)
  }
}
