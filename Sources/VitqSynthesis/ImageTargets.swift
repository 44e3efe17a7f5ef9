import VitqTensor

/// Everything that is drawn for one image before its first step, and kept.
package struct ImageTargets: Sendable {
  /// The class of each part.
  package let classes: [Int]
  package let windows: [Window]
  package let labels: SoftLabels
  package let priors: AttentionPriors
  package let totalVariation: TotalVariation

  package init(_ model: SynthesisModel, _ options: SynthesisOptions, image: Int) {
    func random(_ purpose: ImageRandom.Purpose, of image: Int) -> ImageRandom {
      ImageRandom(seed: options.seed, image: image, purpose)
    }
    var cells = random(.cells, of: image)
    windows =
      options.terms.contains(.semanticReinforcement)
      ? SemanticReinforcement(
        height: model.imageShape[1], width: model.imageShape[2], &cells
      ).windows : []
    var draw = random(.classes, of: image)
    classes = (0..<max(windows.count, 1)).map { _ in draw.integer(0...(model.classCount - 1)) }
    var scores = random(.softLabels, of: image)
    labels =
      options.terms.contains(.softLabels)
      ? SoftLabels(classes: classes, of: model.classCount, &scores)
      : SoftLabels(oneHot: classes, of: model.classCount)
    var mixtures = random(.attentionPriors, of: image)
    priors = AttentionPriors(
      blockCount: model.attentions.count, heads: model.heads, rows: model.rows,
      columns: model.columns, total: model.hasOtherTokens ? .leavingAShare : .one, &mixtures)
    var target = random(.totalVariation, of: 0)
    totalVariation = TotalVariation(&target)
  }
}
