package import VitqReporting

/// The classes an image shows, as `infer` prints them.
package struct Answer: Sendable {
  package let image: String
  package let model: String
  package let predictions: [Prediction]
  package let labels: [String]
  /// From decoded pixels to logits, preprocessing included.
  package let seconds: Double

  package init(
    image: String, model: String, predictions: [Prediction], labels: [String], seconds: Double
  ) {
    self.image = image
    self.model = model
    self.predictions = predictions
    self.labels = labels
    self.seconds = seconds
  }

  private func label(_ prediction: Prediction) -> String {
    labels.indices.contains(prediction.index)
      ? CommandFailure.printable(labels[prediction.index]) : "class \(prediction.index)"
  }

  /// One line for each class: probability and name.
  package var text: String {
    var table = Table([">probability", "class"])
    for prediction in predictions {
      table.append([Figures.percent(prediction.probability) + " %", label(prediction)])
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
              (
                "label",
                labels.indices.contains(prediction.index)
                  ? .string(labels[prediction.index]) : .null
              ),
              ("probability", .number(prediction.probability)),
            ])
          })
      ),
    ])
  }
}
