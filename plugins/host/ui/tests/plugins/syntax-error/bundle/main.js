export default (api => {
