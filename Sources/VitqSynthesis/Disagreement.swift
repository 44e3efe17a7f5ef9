package import VitqAutodiff
package import VitqGraph
package import VitqTensor

/// How much a quantized student's answer differs from the model's: 1/n Σ_k |Q(x)_k − P(x)_k|.
///
/// PSAQ-ViT V2, equation 7, over the n logits. Images make it large, so it counts −1; the student
/// makes it small.
package final class Disagreement: ModelTerm {
  package let name = LossName.disagreement
  package let weight: Float = -1
  package let nodes: [NodeID]
  private let student: Evaluator
  private let image: NodeID
  private let logits: NodeID

  /// - Parameters:
  ///   - student: Evaluates the student, with the logits kept and seeded and the image's gradient.
  ///   - image: The student's image.
  ///   - logits: The student's logits.
  ///   - teacherLogits: The model's logits.
  package init(student: Evaluator, image: NodeID, logits: NodeID, teacherLogits: NodeID) {
    self.student = student
    self.image = image
    self.logits = logits
    nodes = [teacherLogits]
  }

  package func loss(_ site: TermSite) -> Double {
    if let seen = site.image { student.input(image).copy(from: seen) }
    student.forward()
    let loss = Self.loss(
      student: student.value(logits), teacher: site.values[0], weight: weight,
      studentCotangent: student.cotangent(logits), teacherCotangent: site.cotangents[0])
    student.backward()
    return loss
  }

  package var imageGradient: TensorView? { student.gradient(image) }

  /// The loss before its weight; the cotangents receive `weight` times its gradients.
  package static func loss(
    student: TensorView, teacher: TensorView, weight: Float,
    studentCotangent: MutableTensorView, teacherCotangent: MutableTensorView?
  ) -> Double {
    let count = teacher.shape.elementCount
    let slope = weight / Float(count)
    var sum = 0.0
    for k in 0..<count {
      let difference = student[k] - teacher[k]
      sum += Double(abs(difference))
      let sign: Float = difference > 0 ? 1 : difference < 0 ? -1 : 0
      studentCotangent[k] = slope * sign
      teacherCotangent?[k] = -slope * sign
    }
    return sum / Double(count)
  }
}
