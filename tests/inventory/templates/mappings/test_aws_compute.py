from tests.inventory.templates.mappings.terraform import items


def test_a_load_balancers_settings_are_attributes_and_its_listeners_are_its_own(tmp_path):
    text = """
    resource "aws_lb" "l" {
      enable_deletion_protection = true
      access_logs {
        bucket  = "logs"
        enabled = true
      }
    }
    resource "aws_lb_listener" "h" {
      load_balancer_arn = aws_lb.l.arn
      port              = 80
      default_action {
        type = "redirect"
        redirect { protocol = "HTTPS" }
      }
    }"""
    balancer = items(tmp_path, text)["aws_lb.l"].configuration
    attributes = {each["Key"]: each["Value"] for each in balancer["LoadBalancerAttributes"]}
    assert attributes == {"deletion_protection.enabled": "true", "access_logs.s3.enabled": "true"}
    [listener] = balancer["Listeners"]
    assert (listener["Protocol"], listener["Port"]) == ("HTTP", 80)
    assert listener["DefaultActions"] == [{"Type": "redirect", "RedirectConfig": {"Protocol": "HTTPS"}}]


def test_a_function_has_its_permissions_and_its_address(tmp_path):
    text = """
    resource "aws_lambda_function" "f" {
      function_name = "f"
      environment { variables = { TOKEN = "x" } }
    }
    resource "aws_lambda_permission" "p" {
      function_name = aws_lambda_function.f.function_name
      action        = "lambda:InvokeFunction"
      principal     = "*"
    }
    resource "aws_lambda_function_url" "u" {
      function_name      = "f"
      authorization_type = "NONE"
    }"""
    function = items(tmp_path, text)["aws_lambda_function.f"].configuration
    assert function["Environment"] == {"Variables": {"TOKEN": "x"}}
    assert function["Permissions"] == [{"Action": "lambda:InvokeFunction", "Principal": "*"}]
    assert function["UrlConfig"] == {"AuthType": "NONE"}


def test_a_cluster_says_what_it_logs_and_who_reaches_it(tmp_path):
    text = """resource "aws_eks_cluster" "c" {
      enabled_cluster_log_types = ["api"]
      vpc_config { endpoint_public_access = false }
    }"""
    cluster = items(tmp_path, text)["aws_eks_cluster.c"].configuration
    assert cluster["Logging"] == {"ClusterLogging": {"EnabledTypes": [{"Type": "api"}]}}
    assert cluster["ResourcesVpcConfig"] == {"EndpointPublicAccess": False}
    assert items(tmp_path, text)["aws_eks_cluster.c"].not_collected["/Version"]
