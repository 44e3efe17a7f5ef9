import ArgumentParser

struct Convert<Bodies: CommandBodies>: ParsableCommand {
  static var configuration: CommandConfiguration {
    CommandConfiguration(
      commandName: "convert",
      abstract: "Make a .vitq model of a checkpoint (HDF5, ONNX, safetensors, timm folder).",
      discussion: """
        Reads a state dict in timm's names with timm's configuration beside or inside it, or the \
        network of an ONNX file that either of PyTorch's exporters wrote, checks every tensor, and \
        writes the model with its preprocessing and labels. fixtures/make/export_timm.py writes \
        such files from Python; formats/hdf5.md specifies them.
        """)
  }
  @OptionGroup var options: ConvertOptions
  func run() throws { try Bodies.convert(options) }
}

struct Quantize<Bodies: CommandBodies>: ParsableCommand {
  static var configuration: CommandConfiguration {
    CommandConfiguration(
      commandName: "quantize",
      abstract: "Make a low-bit model, with no data or with a folder of images.",
      discussion: """
        --data-free synthesises calibration images from the model, then calibrates and packs. A \
        run that is interrupted goes on where it stopped when the same command is given again: \
        images stay in the work folder, what was learned in <output>.learner until the model is \
        written.

        vitq quantize --data-free                          the recipe 'best', 4 bits
        vitq quantize --recipe paper --dry-run             what would be done, how long it takes
        vitq quantize --recipe my.yml -a 8 --report r.html a recipe, one change, a report
        vitq quantize --recipe old.w4a4.vitq               the recipe a model was made with
        vitq quantize --images parts/* -w 4 -a 4           images that 'vitq synthesize' made

        A recipe states every setting of a run; the resolved one is stored in the model. Options \
        go before --set, --set before the recipe, the recipe before its base. The same recipe, \
        model and version give the same bytes on any number of threads, and of machines of one \
        kind.
        """)
  }
  @OptionGroup var options: QuantizeOptions
  func run() throws { try Bodies.quantize(options) }
}

struct Synthesize<Bodies: CommandBodies>: ParsableCommand {
  static var configuration: CommandConfiguration {
    CommandConfiguration(
      commandName: "synthesize",
      abstract: "Make the images of a run, or a part of them, on this machine.",
      discussion: """
        Images do not depend on one another, so a run can be spread over machines:

        vitq synthesize deit_s.vitq --shard 1/2            on the first machine
        vitq synthesize deit_s.vitq --shard 2/2            on the second
        vitq quantize deit_s.vitq --images deit_s.images-*-of-2

        The model that comes out has the bytes of one run. Parts of other models, recipes, seeds \
        or divisions are refused, as are parts with an image missing or unfinished. A part that \
        was interrupted goes on when its command is given again.
        """)
  }
  @OptionGroup var options: SynthesizeOptions
  func run() throws { try Bodies.synthesize(options) }
}

struct Recipes<Bodies: CommandBodies>: ParsableCommand {
  static var configuration: CommandConfiguration {
    CommandConfiguration(
      commandName: "recipes",
      abstract: "List the named recipes, or print one with every setting.",
      discussion: """
        vitq recipes                   the names
        vitq recipes paper > my.yml    a file to start from; a shorter one states what differs
        vitq recipes --keys            every key, what it may be and what it does
        """)
  }
  @OptionGroup var options: RecipesOptions
  func run() throws { try Bodies.recipes(options) }
}

struct Infer<Bodies: CommandBodies>: ParsableCommand {
  static var configuration: CommandConfiguration {
    CommandConfiguration(
      commandName: "infer", abstract: "Name what images show.",
      discussion: "Preprocessing is stored in the model and equals timm's bit for bit.")
  }
  @OptionGroup var options: InferOptions
  func run() throws { try Bodies.infer(options) }
}

struct Eval<Bodies: CommandBodies>: ParsableCommand {
  static var configuration: CommandConfiguration {
    CommandConfiguration(
      commandName: "eval", abstract: "Measure top-1 and top-5 on labelled images.",
      discussion: "Prints 95 % confidence intervals (Wilson), and agreement with --against.")
  }
  @OptionGroup var options: EvalOptions
  func run() throws { try Bodies.eval(options) }
}

struct Compare<Bodies: CommandBodies>: ParsableCommand {
  static var configuration: CommandConfiguration {
    CommandConfiguration(
      commandName: "compare",
      abstract: "Say how far a model is from another one on the same images.",
      discussion: """
        vitq compare deit_s.vitq deit_s.w4a4.vitq --images photos

        Prints how often both give the same answer, the mean Kullback-Leibler divergence of the \
        second from the first, cosine and signal-to-noise ratio of the logits, and the images \
        that differ most. The output of each block is compared too: of a packed model all tokens that it \
        computes, in the last block often the class token alone. Where both models are graphs \
        (write one with 'quantize --save-graph'), so is each layer of the same name.
        """)
  }
  @OptionGroup var options: CompareOptions
  func run() throws { try Bodies.compare(options) }
}

struct Sensitivity<Bodies: CommandBodies>: ParsableCommand {
  static var configuration: CommandConfiguration {
    CommandConfiguration(
      commandName: "sensitivity",
      abstract: "Say what quantizing each layer alone would cost.",
      discussion: """
        Quantizes the weights and the input of one layer at a time as the recipe does, \
        everything else in full precision (what the learner sardfq trains stays as it was), and \
        sorts the layers by the divergence of the answers. \
        The top of the list is where more bits help most: put it under 'quantization.overrides' of \
        a recipe.
        """)
  }
  @OptionGroup var options: SensitivityOptions
  func run() throws { try Bodies.sensitivity(options) }
}

struct Bench<Bodies: CommandBodies>: ParsableCommand {
  static var configuration: CommandConfiguration {
    CommandConfiguration(
      commandName: "bench", abstract: "Measure size, load time, speed and memory.",
      discussion: "All models are timed in one run, one image each in turn.")
  }
  @OptionGroup var options: BenchOptions
  func run() throws { try Bodies.bench(options) }
}

struct Inspect<Bodies: CommandBodies>: ParsableCommand {
  static var configuration: CommandConfiguration {
    CommandConfiguration(commandName: "inspect", abstract: "Show what a model file holds.")
  }
  @OptionGroup var options: InspectOptions
  func run() throws { try Bodies.inspect(options) }
}

struct Verify<Bodies: CommandBodies>: ParsableCommand {
  static var configuration: CommandConfiguration {
    CommandConfiguration(commandName: "verify", abstract: "Check every digest of a model file.")
  }
  @OptionGroup var options: VerifyOptions
  func run() throws { try Bodies.verify(options) }
}

struct Models<Bodies: CommandBodies>: ParsableCommand {
  static var configuration: CommandConfiguration {
    CommandConfiguration(
      commandName: "models",
      abstract: "List the architectures that convert knows by name.",
      discussion: """
        A state dict with timm's config.json, or from fixtures/make/export_timm.py, needs no name. \
        Other files of these models need --arch with the name or the alias.
        """)
  }
  @OptionGroup var options: ModelsOptions
  func run() throws { try Bodies.models(options) }
}

struct Doctor<Bodies: CommandBodies>: ParsableCommand {
  static var configuration: CommandConfiguration {
    CommandConfiguration(
      commandName: "doctor", abstract: "Say what this machine and build offer.")
  }
  func run() throws { try Bodies.doctor() }
}
