package import VitqReporting
package import VitqRuntime

/// The classes an image shows, as `infer` prints them.
package struct Answer: Sendable {
  package let image: String
  package let model: String
  package let predictions: [Prediction]
  /// From decoded pixels to logits, preprocessing included.
  package let seconds: Double

  package init(
    image: String, model: String, predictions: [Prediction], seconds: Double
  ) {
    self.image = image
    self.model = model
    self.predictions = predictions
    self.seconds = seconds
  }

  /// One line for each class: probability and name.
  package var text: String {
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
    .object([
      ("schema", .string("vitq.infer/1")), ("image", .string(image)), ("model", .string(model)),
      ("seconds", .number(seconds)),
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
    ])
  }
}
