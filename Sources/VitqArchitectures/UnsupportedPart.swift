import VitqCheckpoints

/// A part of other models that shows in the names of their tensors.
struct UnsupportedPart: Sendable {
  /// What stands between the dots of a tensor's name.
  let component: String
  let description: String
  /// Whether Swin Transformers have it.
  var isOfSwin = false

  /// The most telling first: those that name a family stand before what families share.
  static let all: [UnsupportedPart] = [
    UnsupportedPart(component: "cpb_mlp", description: "the continuous position bias of SwinV2"),
    UnsupportedPart(
      component: "meta_mlp", description: "the continuous position bias of SwinV2-CR"),
    UnsupportedPart(component: "logit_scale", description: "the cosine attention of SwinV2"),
    UnsupportedPart(component: "rope", description: "rotary position embedding, as in EVA"),
    UnsupportedPart(component: "fc1_g", description: "SwiGLU, as in EVA"),
    UnsupportedPart(component: "w12", description: "SwiGLU"),
    UnsupportedPart(
      component: "q_bias", description: "a query bias beside qkv, as in BEiT and EVA"),
    UnsupportedPart(
      component: "v_bias", description: "a value bias beside qkv, as in BEiT and EVA"),
    UnsupportedPart(component: "rel_pos", description: "relative position bias, as in ViT-RelPos"),
    UnsupportedPart(
      component: "relative_position_bias_table", description: "relative position bias, as in BEiT",
      isOfSwin: true),
    UnsupportedPart(
      component: "relative_position_index", description: "relative position bias, as in BEiT",
      isOfSwin: true),
    UnsupportedPart(component: "q_norm", description: "normalisation of queries and keys"),
    UnsupportedPart(component: "k_norm", description: "normalisation of queries and keys"),
    UnsupportedPart(component: "attn_pool", description: "attention pooling"),
    UnsupportedPart(
      component: "pre_logits", description: "a representation layer before the head"),
    UnsupportedPart(component: "lambda_q1", description: "differential attention"),
    UnsupportedPart(component: "blocks_token_only", description: "the class attention of CaiT"),
    UnsupportedPart(
      component: "stages", description: "a hierarchical network other than the Swin Transformer"),
    UnsupportedPart(component: "backbone", description: "a convolutional stem"),
  ]
}

extension StateDict {
  /// Checks that no tensor belongs to a part that is known not to be supported.
  func checkParts() throws(ArchitectureError) {
    let isSwin = family == .swinTransformer
    for part in UnsupportedPart.all where !(isSwin && part.isOfSwin) {
      let entry = entries.first { entry in
        entry.name.split(separator: ".").contains { $0 == part.component }
      }
      if let entry { throw .unsupportedPart(tensor: entry.name, part: part.description) }
    }
  }
}
