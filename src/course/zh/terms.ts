/** The words of the field in both languages, so that one thing has one name throughout the course. */

export interface Term {
  /** As it stands in English; a pattern without regard to case, at word boundaries. */
  readonly english: string;
  /** What it may be called; where a cell has the English word, its translation has one of these. */
  readonly chinese: readonly string[];
  /** Words for it that are met elsewhere and not used here. */
  readonly avoid?: readonly string[];
  /** The English word means other things as well: only the words to avoid are looked for. */
  readonly ambiguous?: boolean;
}

export const TERMS: readonly Term[] = [
  { english: "diffusion models?", chinese: ["扩散模型", "扩散"] },
  { english: "generative models?", chinese: ["生成模型"], avoid: ["生成式模型"] },
  { english: "forward process(es)?", chinese: ["前向过程", "前向"], avoid: ["正向过程"] },
  { english: "reverse process(es)?", chinese: ["逆向过程", "逆向"], avoid: ["反向过程"] },
  { english: "denois(e|es|ed|ing)", chinese: ["去噪"], avoid: ["降噪"] },
  { english: "denoisers?", chinese: ["去噪器"] },
  { english: "timesteps?", chinese: ["时间步", "时刻"], avoid: ["时间步长"] },
  { english: "noise schedules?", chinese: ["噪声调度"], avoid: ["噪声计划", "噪声表", "噪声管理"] },
  { english: "samplers?", chinese: ["采样器"] },
  { english: "closed form", chinese: ["闭式解", "闭式", "一步公式"] },
  { english: "signal-to-noise ratio", chinese: ["信噪比"] },
  { english: "isotropic", chinese: ["各向同性"], avoid: ["各向异性"] },
  { english: "standard normal", chinese: ["标准正态"], avoid: ["正太"] },
  { english: "posterior", chinese: ["后验"] },
  { english: "prior", chinese: ["先验"], ambiguous: true },
  { english: "marginals?", chinese: ["边缘"] },
  { english: "Markov", chinese: ["马尔可夫"], avoid: ["马尔科夫"] },
  { english: "likelihood", chinese: ["似然"] },
  { english: "evidence lower bound", chinese: ["证据下界"], avoid: ["变分下界"] },
  { english: "lower bound", chinese: ["下界"] },
  { english: "KL divergence", chinese: ["KL 散度"], avoid: ["相对熵"] },
  { english: "change of variables", chinese: ["变量替换"] },
  { english: "reparameteri[sz]ation", chinese: ["重参数化"], avoid: ["再参数化"] },
  { english: "mean squared? error", chinese: ["均方误差"] },
  { english: "least squares", chinese: ["最小二乘"] },
  { english: "Bayes['’] rule", chinese: ["贝叶斯公式"], avoid: ["贝叶斯法则", "贝叶斯定理"] },
  { english: "score", chinese: ["得分"], avoid: ["评分"], ambiguous: true },
  { english: "Langevin", chinese: ["朗之万"], avoid: ["郎之万"] },
  { english: "probability[- ]flow ODE", chinese: ["概率流 ODE"] },
  { english: "distillation", chinese: ["蒸馏"] },
  { english: "consistency models?", chinese: ["一致性模型"] },
  { english: "flow matching", chinese: ["流匹配"] },
  { english: "normali[sz]ing flows?", chinese: ["标准化流", "流模型"], avoid: ["正则化流"] },
  { english: "coupling layers?", chinese: ["耦合层"] },
  { english: "Jacobian", chinese: ["雅可比"], avoid: ["雅克比"] },
  { english: "generative adversarial networks?", chinese: ["生成对抗网络"], avoid: ["对抗生成网络"] },
  { english: "generators?", chinese: ["生成器"] },
  { english: "discriminators?", chinese: ["判别器"], avoid: ["鉴别器"] },
  { english: "mode collapse", chinese: ["模式坍塌"], avoid: ["模式崩溃", "模式坍缩"] },
  { english: "gradient penalty", chinese: ["梯度惩罚"] },
  { english: "variational autoencoders?", chinese: ["变分自编码器"], avoid: ["变分自动编码器"] },
  { english: "latent space", chinese: ["潜空间"], avoid: ["隐空间", "潜在空间"] },
  { english: "latent variables?", chinese: ["潜变量"], avoid: ["隐变量"] },
  { english: "latent diffusion", chinese: ["潜空间扩散"], avoid: ["隐扩散", "潜在扩散"] },
  { english: "(?<!variational )autoencoders?", chinese: ["自编码器"], avoid: ["自动编码器"] },
  { english: "encoders?", chinese: ["编码器"] },
  { english: "decoders?", chinese: ["解码器"] },
  { english: "skip connections?", chinese: ["跳跃连接"], avoid: ["跳连接"] },
  { english: "(connections|lines) across", chinese: ["跳跃连接"], avoid: ["跳连接"] },
  { english: "residual blocks?", chinese: ["残差块"] },
  { english: "convolutions?", chinese: ["卷积"] },
  { english: "feature maps?", chinese: ["特征图"], avoid: ["特征映射"] },
  { english: "multiply[–-]adds?", chinese: ["乘加"] },
  { english: "group norm(ali[sz]ation)?", chinese: ["组归一化"], avoid: ["组规范化"] },
  { english: "layer norm(ali[sz]ation)?", chinese: ["层归一化"], avoid: ["层规范化"] },
  { english: "downsampl(e|es|ed|ing)", chinese: ["下采样"], avoid: ["降采样"] },
  { english: "upsampl(e|es|ed|ing)", chinese: ["上采样"] },
  { english: "receptive fields?", chinese: ["感受野"] },
  { english: "cross-attention", chinese: ["交叉注意力"], avoid: ["互注意力"] },
  { english: "attention", chinese: ["注意力"] },
  { english: "transformers?", chinese: ["Transformer"], avoid: ["变换器", "变压器"] },
  { english: "tokens?", chinese: ["token"], avoid: ["词元", "令牌"] },
  { english: "patch(es)?", chinese: ["图块"], avoid: ["补丁"], ambiguous: true },
  { english: "feed-forward", chinese: ["前馈"] },
  { english: "embeddings?", chinese: ["嵌入"] },
  { english: "sinusoids?", chinese: ["正弦"] },
  { english: "Fourier features?", chinese: ["傅里叶特征"], avoid: ["傅立叶"] },
  { english: "classifier-free guidance", chinese: ["无分类器引导"] },
  { english: "guidance", chinese: ["引导"], avoid: ["指导"] },
  { english: "guidance scales?", chinese: ["引导强度"] },
  { english: "negative prompts?", chinese: ["负向提示词"], avoid: ["反向提示词", "负面提示"] },
  { english: "prompts?", chinese: ["提示词"] },
  { english: "inpainting", chinese: ["局部重绘"] },
  { english: "image to image", chinese: ["图生图"] },
  { english: "text[- ]to[- ]image", chinese: ["文生图"] },
  { english: "super-resolution", chinese: ["超分辨率"] },
  { english: "tokenizers?", chinese: ["分词器"] },
  { english: "sharpened law", chinese: ["锐化分布"] },
  { english: "diversity", chinese: ["多样性"] },
  { english: "checkpoints?", chinese: ["检查点"] },
  { english: "ablations?", chinese: ["消融"] },
  { english: "random seeds?", chinese: ["随机种子"] },
  { english: "held[- ]out", chinese: ["留出"] },
];

/** What is wrong with the words of a translation. */
export function termFaults(english: string, chinese: string): string[] {
  // The title of a paper stays as it is; code and the target of a link are no words.
  const said = english
    .replace(/(?<!\*)\*(?!\*)[^*\n]+\*(?!\*)/g, (span) => (chinese.includes(span) ? "" : span))
    .replace(/```[\s\S]*?```|`[^`\n]+`|\]\([^)\s]+\)/g, "");
  return TERMS.flatMap(({ english: word, chinese: words, avoid = [], ambiguous }) => {
    const asked = new RegExp(`\\b(?:${word})\\b`, "iu").exec(said)?.[0];
    const missing = asked !== undefined && !ambiguous && !words.some((one) => chinese.includes(one));
    const rest = words.reduce((text, one) => text.replaceAll(one, ""), chinese);
    return [
      ...(missing ? [`"${asked}" is called ${words.join(" or ")} here`] : []),
      ...avoid.filter((one) => rest.includes(one)).map((one) => `${one} is not said here: it is ${words[0]}`),
    ];
  });
}
