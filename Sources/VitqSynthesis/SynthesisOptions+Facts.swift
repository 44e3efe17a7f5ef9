package import VitqFormat

extension SynthesisOptions {
  /// The key of each image whose attention is the prior.
  private static let referenceKey = "attention prior image"

  /// Every setting that the images depend on, for the journal and the model's recipe.
  ///
  /// Settings of terms that the method does not have are left out.
  package var facts: [(key: String, value: String)] {
    var facts = [
      ("method", method.rawValue), ("images", "\(imageCount)"), ("steps", "\(stepCount)"),
      ("seed", "\(seed)"),
    ]
    guard method != .noise else { return facts }
    facts += [
      ("learning rate", learningRate.map { "\($0)" } ?? "default"),
      ("augmentation", augmentation.rawValue), ("total variation", totalVariationFact),
      ("products", products.rawValue),
    ]
    if method == .sardfq { facts += sardfqFacts }
    if method == .psaqV2 {
      facts += [
        ("student bits", "W\(student.weightBits)A\(student.activationBits)"),
        ("student cycle", "\(student.imageSteps) image steps, \(student.studentSteps) of its own"),
        ("student learning rate", "\(student.learningRate)"),
      ]
    }
    return facts
  }

  private var totalVariationFact: String {
    totalVariation == .minimize && !method.isInversion
      ? "\(totalVariation.rawValue) with 0.05" : totalVariation.rawValue
  }

  private var sardfqFacts: [(key: String, value: String)] {
    var facts: [(String, String)] = []
    if attentionPriors.isOn {
      let kind =
        switch attentionPriors.kind {
        case .gaussianMixture: "gaussian mixture"
        case .laplaceMixture: "laplace mixture"
        case .real: "real"
        }
      facts.append(("attention priors", kind))
      facts += attentionPriors.references.map { (Self.referenceKey, ModelHeader.line($0)) }
      facts += [
        ("attention prior components", "\(attentionPriors.maximumComponents)"),
        ("attention prior first block", "\(attentionPriors.firstBlockShare)"),
        ("attention prior depth weights", "\(attentionPriors.weighsByDepth)"),
        ("attention prior weight", attentionPriors.weight.map { "\($0)" } ?? "default"),
      ]
    } else {
      facts.append(("attention priors", "off"))
    }
    facts.append(
      (
        "semantic reinforcement",
        semanticReinforcement.isOn
          ? "\(semanticReinforcement.maximumParts) parts, \(semanticReinforcement.geometry.rawValue)"
          : "off"
      ))
    facts.append(
      (
        "soft labels",
        softLabels.isOn ? "\(softLabels.lowestScore) to \(softLabels.highestScore)" : "off"
      ))
    return facts
  }

  /// The images whose attention was the prior, as the lines of a plan state them.
  package static func references(ofPlan lines: [String]) -> [ModelHeader.Source] {
    lines.compactMap { line in
      guard line.hasPrefix("\(referenceKey): ") else { return nil }
      return ModelHeader.image(line.dropFirst(referenceKey.count + 2))
    }
  }
}
