package import VitqTensor

/// The objective of one image: the terms of its method with all that is drawn for it before its
/// first step, and kept.
package struct ImageObjective {
  /// A part of the image that is trained as an image of its own.
  package struct Part {
    package let window: Window
    package let label: [Float]
  }

  /// The class of each part, or the only class.
  package private(set) var classes: [Int]
  /// The terms that read the model's values.
  package private(set) var terms: [any ModelTerm]
  package private(set) var parts: [Part] = []
  package private(set) var totalVariation: TotalVariation?
  /// The mean over heads of the last block's attention priors, [rows, columns] of patches.
  package private(set) var prior: Tensor?

  /// Draws the objective of an image.
  package init(_ settings: SynthesisSettings, image: Int) {
    let (model, options) = (settings.model, settings.options)
    func random(_ purpose: ImageRandom.Purpose, of image: Int) -> ImageRandom {
      ImageRandom(seed: options.seed, image: image, purpose)
    }
    var draw = random(.classes, of: image)
    func classes(_ count: Int) -> [Int] {
      (0..<count).map { _ in draw.integer(0...(model.classCount - 1)) }
    }

    switch options.method {
    case .sardfq:
      let windows = Self.windows(settings, image: image)
      self.classes = classes(max(windows.count, 1))
      var scores = random(.softLabels, of: image)
      let labels =
        options.softLabels.isOn
        ? SoftLabels(
          classes: self.classes, of: model.classCount,
          wantedScores: options.softLabels.lowestScore...options.softLabels.highestScore,
          &scores)
        : SoftLabels(oneHot: self.classes, of: model.classCount)
      parts = zip(windows, labels.parts).map { Part(window: $0, label: $1) }
      terms = [ClassLabel(labels.image, logits: model.logits)]
      // An image that is finished needs none, so that those of real images may not have been read.
      let hasPriors = options.referenceFolder == nil || settings.reference != nil
      if options.attentionPriors.isOn, hasPriors {
        var mixtures = random(.attentionPriors, of: image)
        let priors = AttentionPriors(
          nodes: model.attentions, groups: model.tokenGroups,
          options: options.attentionPriors, weight: settings.attentionWeight,
          reference: settings.reference.map { $0.maps[image % $0.maps.count] }, &mixtures)
        prior = priors.picture
        terms.append(priors)
      }
    case .psaq, .clamp, .smiDense, .smiSparse:
      self.classes = classes(1)
      let label = SoftLabels(oneHot: self.classes, of: model.classCount).image
      terms = [ClassLabel(label, logits: model.logits)]
      if options.method == .psaq {
        terms.append(PatchSimilarity(nodes: model.attentionOutputs, model.tokenGroups))
      }
      if options.method == .clamp {
        terms.append(NeighbourContrast(nodes: model.attentionOutputs, model.tokenGroups))
      }
    case .psaqV2:
      self.classes = []
      terms = [PatchSimilarity(nodes: model.attentionOutputs, model.tokenGroups)]
    case .noise:
      (self.classes, terms) = ([], [])
    }

    switch options.totalVariation {
    case .off: totalVariation = nil
    case .target:
      var target = random(.totalVariation, of: 0)
      totalVariation = TotalVariation(&target)
    case .minimize: totalVariation = TotalVariation(minimizedBy: options.method)
    }
  }

  /// Draws the parts of an image alone: each of its steps evaluates the model at them too.
  package static func windows(_ settings: SynthesisSettings, image: Int) -> [Window] {
    let (shape, options) = (settings.model.imageShape, settings.options)
    guard options.method == .sardfq, options.semanticReinforcement.isOn else { return [] }
    var cells = ImageRandom(seed: options.seed, image: image, .cells)
    return SemanticReinforcement(
      height: shape[1], width: shape[2], options.semanticReinforcement, &cells
    ).windows
  }
}
