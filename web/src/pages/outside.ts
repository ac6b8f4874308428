export { default as Setup } from "./Setup.svelte";
export { default as SignIn } from "./SignIn.svelte";
